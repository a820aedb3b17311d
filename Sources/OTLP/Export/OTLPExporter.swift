import AsyncHTTPClient
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import Tracing
import WireFormats

/// Posts batches to a collector, and retries failures that the protocol declares retryable
/// (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
struct OTLPExporter: Sendable {
    /// The longest accepted `Retry-After`, and the maximum of the exponential backoff.
    static let longestPause = Duration.seconds(30)
    private static let retryable: Set<UInt> = [429, 502, 503, 504]
    /// Bytes of a response that are read.
    private static let answerLimit = 64 * 1024

    enum Outcome: Equatable {
        /// - Parameter rejected: spans that the collector has refused, for example because they are too old.
        case taken(rejected: Int)
        case refused(String)
        /// - Parameter after: the `Retry-After` of the collector.
        case retry(String, after: Duration?)
    }

    let configuration: OTLPConfiguration
    let encoder: TraceEncoder
    let client: HTTPClient
    let metrics: ExportMetrics
    let logger: Logger
    /// The delay before the first retry; it doubles with each further one.
    var firstPause = Duration.seconds(1)

    /// Returns when the spans have been sent, or dropped and counted. Cancellation stops retries.
    func export(_ spans: [FinishedSpan]) async {
        let body = Body(encoder.encode(spans), compresses: configuration.compresses)
        let end = ContinuousClock.now + configuration.batches.timeout
        var pause = firstPause
        while true {
            switch await post(body, until: end) {
            case .taken(let rejected):
                let rejected = min(max(rejected, 0), spans.count)
                metrics.exported.increment(by: spans.count - rejected)
                return rejected > 0 ? drop(rejected, .rejected, "the collector rejected them") : ()
            case .refused(let reason): return drop(spans.count, .rejected, reason)
            case .retry(let reason, let after):
                // Add jitter, so that processes that were rejected simultaneously do not retry simultaneously.
                let wait = after ?? .microseconds(Int64(Double(pause.microseconds) * .random(in: 0.5...1)))
                pause = min(pause * 2, Self.longestPause)
                if Task.isCancelled { return drop(spans.count, .shutdown, reason) }
                guard wait <= Self.longestPause, ContinuousClock.now + wait < end else { return drop(spans.count, .failed, reason) }
                metrics.retries.increment()
                do { try await Task.sleep(for: wait) } catch { return drop(spans.count, .shutdown, reason) }
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
        let timeout = min(configuration.timeout, max(.milliseconds(1), end - .now))
        do {
            let answer = try await client.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            let content = try await answer.body.collect(upTo: Self.answerLimit)
            return Self.outcome(answer.status, answer.headers, String(buffer: content))
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
