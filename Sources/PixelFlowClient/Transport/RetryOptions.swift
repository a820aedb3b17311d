package import AsyncPrimitives

/// How often and when repeatable calls are retried: reads, puts, deletes, and uploads, which have
/// an idempotency key.
public struct RetryOptions: Sendable, Hashable {
    /// The total number of attempts; 1 disables retries. 5 by default.
    public var attempts: Int
    /// The delay before the second attempt; it doubles before each further one. 0.5 s by default.
    ///
    /// Half of a delay is fixed and half is random, so that clients do not retry simultaneously.
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
    public static let none = RetryOptions(attempts: 1)

    package var policy: RetryPolicy {
        RetryPolicy(
            firstPause: firstDelay, longestPause: maximumDelay, jitter: .equal, attempts: attempts, longestRetryAfter: maximumRetryAfter)
    }

    /// The statuses of transient failures.
    static let statuses: Set<Int> = [429, 502, 503, 504, 507]
}
