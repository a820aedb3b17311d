package import Logging
package import Metrics
import Synchronization

/// Counts with the other replicas while their common counter answers, and in this process alone while it does not.
///
/// Without the common counter each process allows the whole quota: callers get at most as many times their quota as there are
/// processes, and nobody is refused because of the outage.
package final class FailOpenRateLimiter: RateLimiter {
    private let shared: any RateLimiter
    private let local: any RateLimiter
    private let isDegraded = Atomic(false)
    private let failures: Counter
    private let logger: Logger

    /// - Parameters:
    ///   - shared: throws quickly while it is away.
    ///   - local: counts in its place.
    package init(
        shared: any RateLimiter, local: any RateLimiter, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.shared = shared
        self.local = local
        self.logger = logger
        failures = Counter(label: "rate_limit_fail_open_total", factory: metrics)
    }

    package func admit(_ requests: Int, in buckets: [RateBucket]) async throws -> RateDecision {
        try await either { try await $0.admit(requests, in: buckets) }
    }

    package func preview(_ buckets: [RateBucket]) async throws -> RateDecision { try await either { try await $0.preview(buckets) } }

    /// Forgets what was counted here during an outage as well.
    package func clear(_ buckets: [RateBucket]) async throws {
        try await local.clear(buckets)
        try await either { try await $0.clear(buckets) }
    }

    private func either<Value>(_ body: (any RateLimiter) async throws -> Value) async throws -> Value {
        do {
            let value = try await body(shared)
            if isDegraded.load(ordering: .relaxed), isDegraded.exchange(false, ordering: .relaxed) {
                logger.info("rate limits are counted across replicas again")
            }
            return value
        } catch {
            failures.increment()
            if !isDegraded.exchange(true, ordering: .relaxed) {
                logger.warning("rate limits are counted in this process alone", metadata: ["error": "\(error)"])
            }
            return try await body(local)
        }
    }
}
