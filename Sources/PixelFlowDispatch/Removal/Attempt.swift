/// Starts work and waits for it for at most `waitLimit`; longer work continues in the background and is cancelled after `limit`.
///
/// - Parameter finished: called when the work has ended, however late.
/// - Returns: nil if the work has not ended yet.
func attempt<Value: Sendable>(
    waitLimit: Duration, limit: Duration, _ work: @escaping @Sendable () async throws -> Value,
    finished: @escaping @Sendable (Result<Value, any Error>) -> Void
) async -> Result<Value, any Error>? {
    let (outcomes, sink) = AsyncStream.makeStream(of: Result<Value, any Error>?.self, bufferingPolicy: .bufferingOldest(1))
    let running = Task {
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await work())
        } catch {
            outcome = .failure(error)
        }
        finished(outcome)
        sink.yield(outcome)
    }
    let watching = Task {
        try await Task.sleep(for: waitLimit)
        sink.yield(nil)
        try await Task.sleep(for: limit - waitLimit)
        running.cancel()
    }
    for await outcome in outcomes {
        if outcome != nil { watching.cancel() }
        return outcome
    }
    // The caller was cancelled, so cancel the work.
    running.cancel()
    watching.cancel()
    return nil
}
