import AsyncHTTPClient
import AsyncPrimitives
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import Tracing
import WireFormats

/// Posts batches to a collector, and retries failures that the protocol declares retryable
/// (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
struct OTLPExporter: Sendable {
    private static let retryable: Set<UInt> = [429, 502, 503, 504]
    /// Bytes of a response that are read.
    private static let responseLimit = 64 * 1024

    enum Outcome: Equatable {
        /// - Parameter rejected: spans that the collector has refused, for example because they are too old.
        case taken(rejected: Int)
        case refused(String)
        /// - Parameter after: the `Retry-After` of the collector.
        case retry(String, after: Duration?)
    }

    /// Processes that were rejected simultaneously do not retry simultaneously.
    static func retries(firstPause: Duration) -> RetryPolicy {
        RetryPolicy(firstPause: firstPause, longestPause: .seconds(30), jitter: .equal, longestRetryAfter: .seconds(30))
    }

    let configuration: OTLPConfiguration
    let encoder: TraceEncoder
    let client: HTTPClient
    let metrics: ExportMetrics
    let logger: Logger
    let retries: RetryPolicy

    /// Returns when the spans have been sent, or dropped and counted. Cancellation stops retries.
    func export(_ spans: [FinishedSpan]) async {
        let body = Body(encoder.encode(spans), compresses: configuration.compresses)
        let end = ContinuousClock.now + configuration.batches.timeout
        var retry = 0
        // Not `retry`, because cancellation, refusal and the end of the time are counted under different reasons.
        while true {
            switch await post(body, until: end) {
            case .taken(let rejected):
                let rejected = min(max(rejected, 0), spans.count)
                metrics.exported.increment(by: spans.count - rejected)
                return rejected > 0 ? drop(rejected, .rejected, "the collector rejected them") : ()
            case .refused(let reason): return drop(spans.count, .rejected, reason)
            case .retry(let reason, let after):
                if Task.isCancelled { return drop(spans.count, .shutdown, reason) }
                guard let pause = retries.nextPause(retry: retry, timeLeft: end - .now, retryAfter: after) else {
                    return drop(spans.count, .failed, reason)
                }
                retry += 1
                metrics.retries.increment()
                do { try await Task.sleep(for: pause) } catch { return drop(spans.count, .shutdown, reason) }
            }
        }
    }

    private func drop(_ count: Int, _ why: ExportMetrics.Drop, _ reason: String) {
        metrics.dropped(count, why)
        // At most one line per batch, and a batch is retried for half a minute.
        logger.warning("spans not exported", metadata: ["spans": .stringConvertible(count), "reason": .string(reason)])
    }

    private struct Body {
        let bytes: ByteBuffer
        let isCompressed: Bool

        init(_ bytes: [UInt8], compresses: Bool) {
            let compressed = compresses ? Gzip.compressed(bytes) : nil
            self.bytes = compressed ?? ByteBuffer(bytes: bytes)
            isCompressed = compressed != nil
        }
    }

    private func post(_ body: Body, until end: ContinuousClock.Instant) async -> Outcome {
        var request = HTTPClientRequest(url: configuration.endpoint)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        if body.isCompressed { request.headers.add(name: "content-encoding", value: "gzip") }
        for (name, value) in configuration.headers { request.headers.replaceOrAdd(name: name, value: value) }
        request.body = .bytes(body.bytes)
        let start = ContinuousClock.now
        let timeout = min(configuration.timeout, max(.milliseconds(1), end - start))
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            // The collector has taken or rejected the spans already, whether the rest of its response arrives or not.
            let content = try? await cancelling(
                after: max(.milliseconds(1), timeout - start.duration(to: .now)), throwing: HTTPClientError.readTimeout
            ) {
                try await response.body.collect(upTo: Self.responseLimit)
            }
            return Self.outcome(response.status, response.headers, content.map { String(buffer: $0) } ?? "")
        } catch let error as HTTPClientError where error == .invalidURL || error == .emptyHost {
            return .refused("\(error)")
        } catch {
            return .retry("\(error)", after: nil)
        }
    }

    static func outcome(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ content: String) -> Outcome {
        if (200...299).contains(status.code) {
            // A 64-bit integer is a string in JSON; some collectors write a number.
            let rejected = (try? JSONValue(parsing: content))?["partialSuccess"]?["rejectedSpans"]
            return .taken(rejected: rejected?.stringValue.flatMap { Int($0) } ?? rejected?.intValue ?? 0)
        }
        guard retryable.contains(status.code) else { return .refused("HTTP \(status.code)") }
        let after = headers.first(name: "retry-after").flatMap { RetryAfter.seconds($0, now: WallSeconds.now) }
        return .retry("HTTP \(status.code)", after: after.map { .seconds($0) })
    }
}

/// Wall-clock time.
enum WallSeconds {
    /// Whole seconds since 1970.
    static var now: Int64 { Int64(DefaultTracerClock.now.nanosecondsSinceEpoch / 1_000_000_000) }
}
