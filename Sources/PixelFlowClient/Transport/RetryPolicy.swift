/// How often and when repeatable calls are retried: reads, puts, deletes, and uploads, which have
/// an idempotency key.
public struct RetryPolicy: Sendable, Hashable {
    /// The total number of attempts; 1 disables retries. 5 by default.
    public var attempts: Int
    /// The delay before the second attempt; it doubles before each further one. 0.5 s by default.
    public var firstDelay: Duration
    /// The maximum of the doubling delay. 20 s by default.
    public var maximumDelay: Duration
    /// The longest accepted `Retry-After`; a problem with a longer one is thrown immediately. 60 s by default.
    public var maximumRetryAfter: Duration

    public init(
        attempts: Int = 5, firstDelay: Duration = .milliseconds(500), maximumDelay: Duration = .seconds(20),
        maximumRetryAfter: Duration = .seconds(60)
    ) {
        self.attempts = attempts
        self.firstDelay = firstDelay
        self.maximumDelay = maximumDelay
        self.maximumRetryAfter = maximumRetryAfter
    }

    /// Disables retries.
    public static let none = RetryPolicy(attempts: 1)

    /// The delay after a failed attempt; nil if no attempts are left.
    ///
    /// - Parameters:
    ///   - attempt: the number of the failed attempt, starting at 1.
    ///   - retryAfter: the `Retry-After` of the service, which is the minimum.
    ///   - jitter: from 0 to 1. Half of the delay is fixed and half is random, so that clients do not retry simultaneously.
    public func delay(afterAttempt attempt: Int, retryAfter: Duration?, jitter: Double) -> Duration? {
        guard attempt < attempts else { return nil }
        if let retryAfter, retryAfter > maximumRetryAfter { return nil }
        var delay = min(firstDelay, maximumDelay)
        // The loop stops at the maximum, so it cannot overflow.
        for _ in 1..<max(1, attempt) where delay < maximumDelay { delay = min(delay * 2, maximumDelay) }
        let drawn = delay * (0.5 + jitter.clamped / 2)
        // Add jitter, because other clients may have received the same time.
        return retryAfter.map { $0 + firstDelay * jitter.clamped } ?? drawn
    }

    /// The statuses of transient failures.
    static let statuses: Set<Int> = [429, 502, 503, 504, 507]
}

extension Double {
    fileprivate var clamped: Double { Swift.min(1, Swift.max(0, self)) }
}
