package import PixelFlowCore

/// Changes of tasks within one process.
package final class InProcessTaskEvents: TaskEvents {
    private let broadcast: Broadcast<TaskChange>

    /// - Parameter buffer: changes kept for a subscriber that lags behind.
    package init(buffer: Int = 1024) { broadcast = Broadcast(capacity: buffer) }

    package func publish(_ changes: [TaskChange]) async throws { broadcast.send(changes) }

    package func subscribe() async throws -> AsyncStream<TaskChange> { broadcast.subscribe() }
}
