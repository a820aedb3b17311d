import Foundation
import WireFormats

/// How long to pause before an operation is tried again, and when to give up.
package struct RetryPolicy: Sendable, Hashable {
    /// Which part of a pause is random, so that callers that failed together do not come back together.
    package enum Jitter: Sendable, Hashable {
        case none
        /// Half of the pause is certain, half is random.
        case equal
        /// The pause is anything between nothing and its bound.
        case full
    }

    package var firstPause: Duration
    /// By how much each pause is longer than the one before.
    package var factor: Double
    /// No pause is longer.
    package var longestPause: Duration
    package var jitter: Jitter
    /// How often the operation is tried at most, the first time included; nil for as often as the deadline allows.
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

    /// The same pause each time.
    package static func every(_ pause: Duration, attempts: Int? = nil) -> RetryPolicy {
        RetryPolicy(firstPause: pause, factor: 1, longestPause: pause, attempts: attempts)
    }

    /// The pause before a retry, in whole microseconds.
    ///
    /// - Parameters:
    ///   - number: of the retry, from 0; a smaller one counts as 0.
    ///   - random: 0 to 1; what is beyond counts as the nearer of the two.
    package func pause(retry number: Int, random: Double = .random(in: 0...1)) -> Duration {
        // 2^60 microseconds are longer than any limit.
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

    /// The pause before a retry, or nil where there is to be none: no attempt is left, or the pause would reach the deadline.
    ///
    /// - Parameter timeLeft: until the deadline; nil where there is none.
    package func nextPause(retry number: Int, timeLeft: Duration?, random: Double = .random(in: 0...1)) -> Duration? {
        if let attempts, number + 1 >= attempts { return nil }
        let pause = pause(retry: number, random: random)
        if let timeLeft, pause >= timeLeft { return nil }
        return pause
    }
}

/// Runs `body` until it succeeds, with the pauses of `policy` in between.
///
/// - Parameters:
///   - deadline: no retry begins after it; an attempt under way is not cut short.
///   - clock: measures the pauses and the deadline.
///   - isRetryable: whether another attempt may help; any other error is thrown at once.
///   - onRetry: called with the error before each pause.
/// - Throws: the error of the last attempt; `CancellationError` where the task is cancelled.
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
