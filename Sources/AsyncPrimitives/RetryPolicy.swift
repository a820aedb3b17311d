import WireFormats

/// The random part of a delay, which prevents callers that failed together from retrying together: a factor from a range.
package struct Jitter: Sendable, Hashable {
    private let range: ClosedRange<Double>

    package init(_ range: ClosedRange<Double>) { self.range = range }

    package static let none = Jitter(1...1)
    /// Half of the delay is fixed, half is random.
    package static let equal = Jitter(0.5...1)
    /// The delay is random between 0 and its bound.
    package static let full = Jitter(0...1)
    /// The delay is a minimum, extended by up to this share of it.
    package static func extended(by share: Double) -> Jitter { Jitter(1...(1 + share)) }

    /// A delay with its random part, in whole microseconds.
    ///
    /// - Parameter random: 0 to 1; values outside are clamped.
    package func applied(to delay: Duration, random: Double = .random(in: 0...1)) -> Duration {
        let drawn = min(max(random, 0), 1)
        return .wholeMicroseconds(Double(delay.microseconds) * (range.lowerBound + (range.upperBound - range.lowerBound) * drawn))
    }
}

/// The delays between attempts, and when to give up.
package struct RetryPolicy: Sendable, Hashable {
    package var firstPause: Duration
    /// The ratio of consecutive delays.
    package var factor: Double
    /// The maximum delay.
    package var longestPause: Duration
    package var jitter: Jitter
    /// The maximum number of attempts, including the first one; nil if only the deadline limits it.
    package var attempts: Int?
    /// The longest delay that a server may request (`Retry-After`); a longer one ends the retries. Nil for no limit.
    package var longestRetryAfter: Duration?

    package init(
        firstPause: Duration, factor: Double = 2, longestPause: Duration, jitter: Jitter = .none, attempts: Int? = nil,
        longestRetryAfter: Duration? = nil
    ) {
        self.firstPause = firstPause
        self.factor = factor
        self.longestPause = longestPause
        self.jitter = jitter
        self.attempts = attempts
        self.longestRetryAfter = longestRetryAfter
    }

    /// Constant delays.
    package static func every(_ pause: Duration, attempts: Int? = nil) -> RetryPolicy {
        RetryPolicy(firstPause: pause, factor: 1, longestPause: pause, attempts: attempts)
    }

    /// The delay before a retry, in whole microseconds.
    ///
    /// - Parameters:
    ///   - number: of the retry, starting at 0; lower values count as 0.
    ///   - random: 0 to 1; values outside are clamped.
    package func pause(retry number: Int, random: Double = .random(in: 0...1)) -> Duration {
        jitter.applied(to: bound(ofRetry: number), random: random)
    }

    private func bound(ofRetry number: Int) -> Duration {
        var bound = Double(firstPause.microseconds)
        let longest = Double(longestPause.microseconds)
        // 2^60 microseconds exceed any limit.
        for _ in 0..<min(max(number, 0), 60) where bound < longest { bound *= factor }
        return .wholeMicroseconds(min(bound, longest))
    }

    /// The delay before a retry; nil if no attempt is left, or the delay would reach the deadline.
    ///
    /// - Parameters:
    ///   - timeLeft: until the deadline; nil if there is none.
    ///   - retryAfter: the delay that the server has requested. It replaces the policy's own and is extended by a random part of
    ///     `firstPause`, because other clients may have received the same time.
    package func nextPause(
        retry number: Int, timeLeft: Duration? = nil, retryAfter: Duration? = nil, random: Double = .random(in: 0...1)
    ) -> Duration? {
        if let attempts, number + 1 >= attempts { return nil }
        if let retryAfter, let longestRetryAfter, retryAfter > longestRetryAfter { return nil }
        let pause = retryAfter.map { $0 + Jitter.full.applied(to: firstPause, random: random) } ?? pause(retry: number, random: random)
        if let timeLeft, pause >= timeLeft { return nil }
        return pause
    }
}

extension Duration {
    /// Clamped, because a conversion of a larger number would trap.
    fileprivate static func wholeMicroseconds(_ count: Double) -> Duration { .microseconds(Int64(min(count, 0x1p62))) }
}
