import PixelFlowCore

/// Starts work and waits for it for at most `waitLimit`; longer work continues in the background and is cancelled after `limit`.
///
/// - Parameter finished: called when the work has ended, however late.
/// - Returns: nil if the work has not ended yet, or the caller was cancelled, which cancels the work.
func attempt<Value: Sendable>(
    waitLimit: Duration, limit: Duration, _ work: @escaping @Sendable () async throws -> Value,
    finished: @escaping @Sendable (Result<Value, any Error>) -> Void
) async -> Result<Value, any Error>? {
    // The result is not thrown, so that it differs from the errors of the wait.
    try? await abandoning(after: waitLimit, cancellingAfter: limit, throwing: CancellationError()) {
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await work())
        } catch {
            outcome = .failure(error)
        }
        finished(outcome)
        return outcome
    }
}
