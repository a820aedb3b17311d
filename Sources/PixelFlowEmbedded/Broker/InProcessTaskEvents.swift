package import PixelFlowCore
import Synchronization

/// Changes of tasks within one process.
package final class InProcessTaskEvents: TaskEvents {
    private let listeners = Mutex<(next: Int, active: [Int: AsyncStream<TaskChange>.Continuation])>((0, [:]))
    private let buffer: Int

    /// - Parameter buffer: changes kept for a subscriber that lags behind.
    package init(buffer: Int = 1024) { self.buffer = buffer }

    package func publish(_ changes: [TaskChange]) async throws {
        let continuations = listeners.withLock { Array($0.active.values) }
        for change in changes {
            for continuation in continuations { continuation.yield(change) }
        }
    }

    package func subscribe() async throws -> AsyncStream<TaskChange> {
        let (stream, continuation) = AsyncStream.makeStream(of: TaskChange.self, bufferingPolicy: .bufferingNewest(buffer))
        let number = listeners.withLock { listeners in
            listeners.next += 1
            listeners.active[listeners.next] = continuation
            return listeners.next
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number) }
        return stream
    }

    private func remove(_ number: Int) {
        listeners.withLock { _ = $0.active.removeValue(forKey: number) }
    }
}
