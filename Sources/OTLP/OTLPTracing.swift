import AsyncHTTPClient
public import Logging
public import Metrics
import Synchronization
public import Tracing

/// A tracer and what exports its spans: in batches, in the background, by OTLP over HTTP in JSON.
///
/// A span is handed to a bounded queue when it ends, which never waits. What cannot be exported is dropped and counted in
/// `otlp_spans_dropped_total`.
public final class OTLPTracing: Sendable {
    /// To be given to `InstrumentationSystem.bootstrap`.
    public let tracer: OTLPTracer

    private let queue: SpanQueue
    private let exporter: OTLPExporter
    private let delay: Duration
    private let client: HTTPClient
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// Exports nothing until it is started.
    ///
    /// - Parameters:
    ///   - scope: what records the spans, and its version.
    ///   - mayBegin: whether a span of a kind may begin a trace. Others without a parent are not recorded: background work makes
    ///     many requests that nobody will look for.
    ///   - metrics: where spans are counted that were exported or dropped.
    ///   - logger: is told of batches that are lost.
    public convenience init(
        _ configuration: OTLPConfiguration, scope: String, version: String,
        mayBegin: @escaping @Sendable (SpanKind) -> Bool = { _ in true }, metrics: any MetricsFactory = MetricsSystem.factory,
        logger: Logger
    ) {
        self.init(
            configuration, scope: scope, version: version, mayBegin: mayBegin, metrics: metrics, logger: logger, firstPause: .seconds(1))
    }

    /// - Parameter firstPause: before the first retry.
    package init(
        _ configuration: OTLPConfiguration, scope: String, version: String, mayBegin: @escaping @Sendable (SpanKind) -> Bool,
        metrics: any MetricsFactory, logger: Logger, firstPause: Duration
    ) {
        let metrics = ExportMetrics(metrics)
        queue = SpanQueue(configuration.batches, metrics: metrics)
        tracer = OTLPTracer(sampler: configuration.sampler, queue: queue, mayBegin: mayBegin)
        delay = configuration.batches.delay
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        // Exporting is not traced: each batch would be another one.
        settings.tracing.tracer = nil
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        exporter = OTLPExporter(
            configuration: configuration,
            encoder: TraceEncoder(
                resource: configuration.resource.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }, scope: scope,
                version: version),
            client: client, metrics: metrics, logger: logger, firstPause: firstPause)
    }

    /// Exports in the background until `shutdown`.
    public func start() {
        running.withLock { running in
            if running == nil { running = Task { await run() } }
        }
    }

    private func run() async {
        let timer = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: delay)
                queue.wake()
            }
        }
        for await _ in queue.wakes { await exportAll() }
        timer.cancel()
        await exportAll()
    }

    private func exportAll() async {
        while true {
            let batch = queue.take()
            guard !batch.isEmpty else { return }
            await exporter.export(batch)
        }
    }

    /// Exports what is left and ends. Spans that end later are dropped, as are those that are left after `limit`; both are counted.
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
