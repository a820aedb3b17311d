import Logging
import Metrics
import MetricsTestKit
import OTLP
import RawHTTP
import Synchronization
import Tracing

/// A tracer that exports batches soon, or only full ones if `delay` is long.
func makeTracing(
    _ endpoint: String, sampler: Sampler = Sampler(), batches: BatchLimits = BatchLimits(delay: .milliseconds(20)),
    headers: [String: String] = [:], timeout: Duration = .seconds(10), compresses: Bool = false,
    metrics: any MetricsFactory = TestMetrics(),
    mayBegin: @escaping @Sendable (SpanKind) -> Bool = { _ in true }
) -> OTLPTracing {
    let tracing = OTLPTracing(
        OTLPConfiguration(
            endpoint: endpoint, headers: headers, timeout: timeout, compresses: compresses, resource: ["service.name": "test"],
            sampler: sampler, batches: batches),
        scope: "OTLPTests", version: "1", mayBegin: mayBegin, metrics: metrics,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        firstPause: .milliseconds(10))
    kept.withLock { $0.append(tracing) }
    return tracing
}

/// Keeps tracers until the process ends: many tests never start theirs, and a client must be shut down before it is released.
private let kept = Mutex<[OTLPTracing]>([])

/// Responds to the first request with `first`, and to every later one with `rest`.
func firstly(_ first: @escaping RawServer.Responder, then rest: @escaping RawServer.Responder) -> RawServer.Responder {
    let flag = Flag()
    return { request, channel in (flag.set() ? rest : first)(request, channel) }
}

private final class Flag: Sendable {
    private let value = Atomic(false)

    /// - Returns: whether it was set before.
    func set() -> Bool { value.exchange(true, ordering: .relaxed) }
}

extension OTLPTracer {
    func context(_ headers: [String: String]) -> InstrumentationContext {
        var context = InstrumentationContext.topLevel
        extract(headers, into: &context, using: HeaderExtractor())
        return context
    }

    func headers(of context: InstrumentationContext) -> [String: String] {
        var headers: [String: String] = [:]
        inject(context, into: &headers, using: HeaderInjector())
        return headers
    }
}

private struct HeaderExtractor: Extractor {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}

extension TestMetrics {
    /// Zero for a counter that does not exist.
    func total(_ label: String, _ dimensions: [(String, String)] = []) -> Int64 {
        (try? expectCounter(label, dimensions).totalValue) ?? 0
    }
}

struct SampleError: Error {}
