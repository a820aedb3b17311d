import Foundation
import WireFormats

/// The delays between attempts, and when to give up.
package struct RetryPolicy: Sendable, Hashable {
    /// The random part of a delay, which prevents callers that failed together from retrying together.
    package enum Jitter: Sendable, Hashable {
        case none
        /// Half of the delay is fixed, half is random.
        case equal
        /// The delay is random between 0 and its bound.
        case full
    }

    package var firstPause: Duration
    /// The ratio of consecutive delays.
    package var factor: Double
    /// The maximum delay.
    package var longestPause: Duration
    package var jitter: Jitter
    /// The maximum number of attempts, including the first one; nil if only the deadline limits it.
    package var attempts: Int?

    package init(
        firstPause: Duration, factor: Double = 2, longestPause: Duration, jitter: Jitter = .none, attempts: Int? = nil
    ) {
        self.firstPause = firstPause
        self.factor = factor
        self.longestPause = longestPause
        self.jitter = jitter
        self.attempts = attempts
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
        // 2^60 microseconds exceed any limit.
        let bound = min(longestPause.seconds, firstPause.seconds * pow(factor, Double(min(max(number, 0), 60))))
        let drawn = min(max(random, 0), 1)
        let share =
            switch jitter {
            case .none: 1.0
            case .equal: 0.5 + 0.5 * drawn
            case .full: drawn
            }
        return .microseconds(Int64(bound * share * 1_000_000))
    }

    /// The delay before a retry; nil if no attempt is left, or the delay would reach the deadline.
    ///
    /// - Parameter timeLeft: until the deadline; nil if there is none.
    package func nextPause(retry number: Int, timeLeft: Duration?, random: Double = .random(in: 0...1)) -> Duration? {
        if let attempts, number + 1 >= attempts { return nil }
        let pause = pause(retry: number, random: random)
        if let timeLeft, pause >= timeLeft { return nil }
        return pause
    }
}

/// Repeats `body` until it succeeds, with the delays of `policy`.
///
/// - Parameters:
///   - deadline: no retry starts after it; it does not interrupt an attempt.
///   - clock: measures the delays and the deadline.
///   - isRetryable: whether another attempt may help; all other errors are thrown immediately.
///   - onRetry: called with the error before each delay.
/// - Throws: the error of the last attempt; `CancellationError` if the task is cancelled.
package func retry<Value, C: Clock<Duration>>(
    _ policy: RetryPolicy, until deadline: C.Instant? = nil, clock: C = ContinuousClock(),
    if isRetryable: (any Error) -> Bool = { _ in true }, onRetry: (any Error) -> Void = { _ in },
    _ body: () async throws -> Value
) async throws -> Value {
    var retries = 0
    while true {
        do {
            return try await body()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            let timeLeft = deadline.map { clock.now.duration(to: $0) }
            guard isRetryable(error), let pause = policy.nextPause(retry: retries, timeLeft: timeLeft) else { throw error }
            retries += 1
            onRetry(error)
            try await clock.sleep(for: pause)
        }
    }
}
