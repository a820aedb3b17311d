import AsyncPrimitives

/// How long a watch waits before it reconnects.
struct WatchBackoff: Sendable {
    /// Of the second disconnect and of those after it.
    let retries: RetryPolicy

    /// The values of Kubernetes' own clients: from 0.8 s, doubling up to 30 s, each reduced by a random part of up to a half.
    static let standard = WatchBackoff(retries: RetryPolicy(firstPause: .milliseconds(800), longestPause: .seconds(30), jitter: .equal))

    struct Counter {
        var failures = 0
        /// Whether the current interruption has been reported to the reader.
        var isReported = false

        mutating func reset() { self = Counter() }
    }

    /// Zero after the first disconnect, because servers end most watches routinely.
    func pause(after counter: inout Counter) -> Duration {
        defer { counter.failures += 1 }
        return counter.failures > 0 ? retries.pause(retry: counter.failures - 1) : .zero
    }
}
