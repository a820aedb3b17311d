package import PixelFlowCore

/// Changes of tasks within one process.
package final class InProcessTaskEvents: TaskEvents {
    private let broadcast: Broadcast<TaskChange>

    /// - Parameter buffer: changes buffered for a slow subscriber.
    package init(buffer: Int = 1024) { broadcast = Broadcast(capacity: buffer) }

    package func publish(_ changes: [TaskChange]) async throws { broadcast.send(changes) }

    package func subscribe(onGap: @escaping @Sendable () -> Void) async throws -> AsyncStream<TaskChange> {
        broadcast.subscribe(onGap: onGap)
    }
}
