import AsyncHTTPClient
public import Logging
public import Metrics
import Synchronization
public import Tracing

/// A tracer and its exporter, which sends spans as OTLP/HTTP with JSON, in batches and in the background.
///
/// A span enters a bounded queue when it ends, without blocking. Spans that cannot be exported are dropped and counted in
/// `otlp_spans_dropped_total`.
public final class OTLPTracing: Sendable {
    /// Pass this to `InstrumentationSystem.bootstrap`.
    public let tracer: OTLPTracer

    private let queue: SpanQueue
    private let exporter: OTLPExporter
    private let delay: Duration
    private let client: HTTPClient
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// Exports nothing until `start`.
    ///
    /// - Parameters:
    ///   - scope: the name and version of the instrumentation.
    ///   - mayBegin: whether a span of a kind may begin a trace. Other spans without a parent are not recorded, because background work
    ///     makes many requests that are of no interest.
    ///   - metrics: receives the counts of exported and dropped spans.
    ///   - logger: reports lost batches.
    public convenience init(
        _ configuration: OTLPConfiguration, scope: String, version: String,
        mayBegin: @escaping @Sendable (SpanKind) -> Bool = { _ in true }, metrics: any MetricsFactory = MetricsSystem.factory,
        logger: Logger
    ) {
        self.init(
            configuration, scope: scope, version: version, mayBegin: mayBegin, metrics: metrics, logger: logger, firstPause: .seconds(1))
    }

    /// - Parameter firstPause: the delay before the first retry.
    package init(
        _ configuration: OTLPConfiguration, scope: String, version: String, mayBegin: @escaping @Sendable (SpanKind) -> Bool,
        metrics: any MetricsFactory, logger: Logger, firstPause: Duration
    ) {
        let metrics = ExportMetrics(metrics)
        queue = SpanQueue(configuration.batches, metrics: metrics)
        tracer = OTLPTracer(sampler: configuration.sampler, queue: queue, mayBegin: mayBegin)
        delay = configuration.batches.delay
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Do not trace exports: each batch would create another one.
        settings.tracing.tracer = nil
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        exporter = OTLPExporter(
            configuration: configuration,
            encoder: TraceEncoder(
                resource: configuration.resource.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }, scope: scope,
                version: version),
            client: client, metrics: metrics, logger: logger, retries: OTLPExporter.retries(firstPause: firstPause))
    }

    /// Exports in the background until `shutdown`.
    public func start() {
        running.withLock { running in
            if running == nil { running = Task { await run() } }
        }
    }

    private func run() async {
        while await queue.wait(atMost: delay) { await exportAll() }
        await exportAll()
    }

    private func exportAll() async {
        while true {
            let batch = queue.take()
            guard !batch.isEmpty else { return }
            await exporter.export(batch)
        }
    }

    /// Exports the remaining spans and stops. Spans that end later, and those that remain after `limit`, are dropped and counted.
    public func shutdown(within limit: Duration = .seconds(5)) async {
        queue.close()
        if let running = running.withLock({ $0.take() }) {
            let timer = Task {
                try await Task.sleep(for: limit)
                running.cancel()
            }
            await running.value
            timer.cancel()
        }
        do { try await client.shutdown() } catch { exporter.logger.warning("client not shut down", metadata: ["error": "\(error)"]) }
    }
}
