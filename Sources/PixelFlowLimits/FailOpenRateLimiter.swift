package import Logging
package import Metrics
import Synchronization

/// Counts in the shared counter of all replicas while that is available, otherwise in this process alone.
///
/// Without the shared counter, each process admits the full quota: with n processes, callers get up to n times their quota, and
/// no request is rejected because of the outage.
package final class FailOpenRateLimiter: RateLimiter {
    private let shared: any RateLimiter
    private let local: any RateLimiter
    private let isDegraded = Atomic(false)
    private let failures: Counter
    private let logger: Logger

    /// - Parameters:
    ///   - shared: must fail fast during an outage.
    ///   - local: the fallback.
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

    /// Also clears what was counted locally during an outage.
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
