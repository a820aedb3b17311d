/// Counts requests and decides whether another one is within the limits of its caller.
package protocol RateLimiter: Sendable {
    /// Atomically counts requests in every bucket if all buckets have capacity for them; otherwise counts nothing.
    ///
    /// - Parameters:
    ///   - requests: at least 1.
    ///   - buckets: at least one, without duplicates.
    /// - Returns: the decision, with a balance for each bucket in the same order.
    /// - Throws: an error if the counter is remote and unreachable. Either nothing has been counted, or everything.
    func admit(_ requests: Int, in buckets: [RateBucket]) async throws -> RateDecision
    /// The decision that `admit` would return for one request, without counting.
    ///
    /// - Throws: like `admit`.
    func preview(_ buckets: [RateBucket]) async throws -> RateDecision
    /// Resets the buckets.
    ///
    /// - Throws: like `admit`.
    func clear(_ buckets: [RateBucket]) async throws
}

extension RateLimiter {
    /// Counts one request.
    package func admit(_ buckets: [RateBucket]) async throws -> RateDecision { try await admit(1, in: buckets) }
}

/// The decision of a limiter about a request.
package struct RateDecision: Sendable, Hashable {
    /// The state of a bucket after the requests.
    package struct Balance: Sendable, Hashable {
        package let limit: RateLimit
        /// Requests that can be made immediately.
        package let remaining: Int
        // Integer microseconds, because a balance is computed and formatted for each request, and dividing a `Duration` takes 128 bits.
        private let resetMicroseconds: Int64
        private let waitMicroseconds: Int64

        /// - Parameters:
        ///   - reset: microseconds until the full quota is available again.
        ///   - wait: microseconds until the bucket admits the request; 0 if it has.
        package init(limit: RateLimit, remaining: Int, reset: Int64, wait: Int64) {
            self.limit = limit
            self.remaining = remaining
            resetMicroseconds = reset
            waitMicroseconds = wait
        }

        /// The time until the full quota is available again.
        package var reset: Duration { .microseconds(resetMicroseconds) }
        /// The same in seconds, rounded up.
        package var resetSeconds: Int { Int((resetMicroseconds + 999_999) / 1_000_000) }
        /// The time until the bucket admits the request; zero if it has.
        package var wait: Duration { .microseconds(waitMicroseconds) }
        /// The `Retry-After` of a rejected caller: seconds, rounded up, at least 1.
        package var retryAfterSeconds: Int { max(1, Int((waitMicroseconds + 999_999) / 1_000_000)) }
        package var isRefusal: Bool { waitMicroseconds > 0 }
    }

    package let balances: [Balance]

    package init(_ balances: [Balance]) { self.balances = balances }

    package var isAllowed: Bool { refusal == nil }

    /// The bucket with the longest wait; nil if the request is admitted.
    package var refusal: Balance? { balances.filter(\.isRefusal).max { $0.wait < $1.wait } }
}
