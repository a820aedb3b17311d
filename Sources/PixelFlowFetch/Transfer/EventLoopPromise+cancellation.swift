import NIOCore

extension EventLoopPromise where Value: Sendable {
    /// Waits for the promise; if the task is cancelled, fails it immediately with `CancellationError`.
    func valueOrCancellation() async throws -> Value {
        try await withTaskCancellationHandler {
            try await futureResult.get()
        } onCancel: {
            fail(CancellationError())
        }
    }
}
