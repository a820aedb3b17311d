/// Repeats `body` until it succeeds, with the delays of `policy`.
///
/// - Parameters:
///   - deadline: no retry starts after it; it does not interrupt an attempt.
///   - clock: measures the delays and the deadline.
///   - isRetryable: whether another attempt may help; all other errors are thrown immediately.
///   - retryAfter: the delay that the server has requested with an error; nil if it has not.
///   - onRetry: called with the error before each delay.
/// - Throws: the error of the last attempt; `CancellationError` if the task is cancelled.
package func retry<Value, C: Clock<Duration>>(
    _ policy: RetryPolicy, until deadline: C.Instant? = nil, clock: C = ContinuousClock(),
    if isRetryable: (any Error) -> Bool = { _ in true }, retryAfter: (any Error) -> Duration? = { _ in nil },
    onRetry: (any Error) -> Void = { _ in }, _ body: () async throws -> Value
) async throws -> Value {
    var retries = 0
    while true {
        do {
            return try await body()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            let timeLeft = deadline.map { clock.now.duration(to: $0) }
            guard isRetryable(error), let pause = policy.nextPause(retry: retries, timeLeft: timeLeft, retryAfter: retryAfter(error))
            else { throw error }
            retries += 1
            onRetry(error)
            try await clock.sleep(for: pause)
        }
    }
}
