import PixelFlowCore
import Synchronization

/// The tasks that this worker has in hand.
final class RunRegistry: Sendable {
    private let running = Mutex<[TaskID: AsyncStream<Void>.Continuation]>([:])

    /// Runs `body` with a stream that yields when the task is cancelled.
    func track(_ task: TaskID, _ body: (AsyncStream<Void>) async -> Void) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        running.withLock { $0[task] = continuation }
        await body(stream)
        running.withLock { _ = $0.removeValue(forKey: task) }
        continuation.finish()
    }

    func cancel(_ task: TaskID) {
        running.withLock { $0[task] }?.yield()
    }
}
