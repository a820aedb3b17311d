/// Counts requests, and says whether one more is within the limits of its caller.
package protocol RateLimiter: Sendable {
    /// Counts so many requests in every bucket if each has room for all of them, in one step; otherwise none in any.
    ///
    /// - Parameters:
    ///   - requests: at least 1.
    ///   - buckets: at least one, each different.
    /// - Returns: the decision, with a balance for each bucket in the same order.
    /// - Throws: an error if the count is kept elsewhere and cannot be reached. Nothing may have been counted, or all of it.
    func admit(_ requests: Int, in buckets: [RateBucket]) async throws -> RateDecision
    /// What `admit` would say of one request, without counting anything.
    ///
    /// - Throws: as `admit`.
    func preview(_ buckets: [RateBucket]) async throws -> RateDecision
    /// Forgets what was counted in the buckets.
    ///
    /// - Throws: as `admit`.
    func clear(_ buckets: [RateBucket]) async throws
}

extension RateLimiter {
    /// Counts one request.
    package func admit(_ buckets: [RateBucket]) async throws -> RateDecision { try await admit(1, in: buckets) }
}

/// What a limiter says about a request.
package struct RateDecision: Sendable, Hashable {
    /// How a bucket stands after the requests.
    package struct Balance: Sendable, Hashable {
        package let limit: RateLimit
        /// Requests that may be made at once.
        package let remaining: Int
        // Whole microseconds: a balance is computed and written for each request, and `Duration` divides 128 bits for that.
        private let resetMicroseconds: Int64
        private let waitMicroseconds: Int64

        /// - Parameters:
        ///   - reset: microseconds until the whole quota is available again.
        ///   - wait: microseconds until the bucket has room for the request; 0 if it had.
        package init(limit: RateLimit, remaining: Int, reset: Int64, wait: Int64) {
            self.limit = limit
            self.remaining = remaining
            resetMicroseconds = reset
            waitMicroseconds = wait
        }

        /// Until the whole quota is available again.
        package var reset: Duration { .microseconds(resetMicroseconds) }
        /// The same in seconds, rounded up.
        package var resetSeconds: Int { Int((resetMicroseconds + 999_999) / 1_000_000) }
        /// Until the bucket has room for the request; zero if it had.
        package var wait: Duration { .microseconds(waitMicroseconds) }
        /// What a refused caller is told to wait: seconds, rounded up, at least 1.
        package var retryAfterSeconds: Int { max(1, Int((waitMicroseconds + 999_999) / 1_000_000)) }
        package var isRefusal: Bool { waitMicroseconds > 0 }
    }

    package let balances: [Balance]

    package init(_ balances: [Balance]) { self.balances = balances }

    package var isAllowed: Bool { refusal == nil }

    /// The bucket that makes the caller wait longest; nil for a request that is allowed.
    package var refusal: Balance? { balances.filter(\.isRefusal).max { $0.wait < $1.wait } }
}
