/// How often and when a call is repeated that may be: one that reads, one that puts or deletes, and an upload, which has
/// an idempotency key.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all; 1 means that nothing is repeated. 5 by default.
    public var attempts: Int
    /// Before the second attempt; it doubles with each one after that. Half a second by default.
    public var firstDelay: Duration
    /// What a delay grows to at most. 20 seconds by default.
    public var maximumDelay: Duration
    /// The longest `Retry-After` that is waited for; a problem with a longer one is thrown at once. A minute by default.
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

    /// Nothing is repeated.
    public static let none = RetryPolicy(attempts: 1)

    /// How long to wait after an attempt has failed; nil if there is no other attempt.
    ///
    /// - Parameters:
    ///   - attempt: which one failed, from 1.
    ///   - retryAfter: what the service asked for, which is then the least.
    ///   - jitter: from 0 to 1. Half of the delay is fixed and half is drawn, so that clients do not come back together.
    public func delay(afterAttempt attempt: Int, retryAfter: Duration?, jitter: Double) -> Duration? {
        guard attempt < attempts else { return nil }
        if let retryAfter, retryAfter > maximumRetryAfter { return nil }
        var delay = min(firstDelay, maximumDelay)
        // Doubling ends at the maximum, so that no number of attempts overflows.
        for _ in 1..<max(1, attempt) where delay < maximumDelay { delay = min(delay * 2, maximumDelay) }
        let drawn = delay * (0.5 + jitter.clamped / 2)
        // Those who were told the same time do not come at the same time either.
        return retryAfter.map { $0 + firstDelay * jitter.clamped } ?? drawn
    }

    /// The statuses after which the same request can succeed.
    static let statuses: Set<Int> = [429, 502, 503, 504, 507]
}

extension Double {
    fileprivate var clamped: Double { Swift.min(1, Swift.max(0, self)) }
}
