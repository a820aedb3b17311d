/// Announces changes of tasks to every api replica, so that clients see them immediately.
///
/// A convenience: who misses a change finds it in the task store by `TaskOwnerStore.changes`.
package protocol TaskEvents: Sendable {
    func publish(_ changes: [TaskChange]) async throws
    /// Every change published from now on. A subscriber that does not keep up loses the oldest.
    func subscribe() async throws -> AsyncStream<TaskChange>

    /// Calls `follower` with every change published from now on, before subscribers hear of it. There is no queue in between, so none
    /// is dropped; it must be quick. Does nothing where changes cannot be followed.
    func follow(_ follower: @escaping @Sendable (FollowedChanges) -> Void) async throws
    /// Whether followers know everything that was published before `age` ago. False where that is not known.
    func isCurrent(within age: Duration) -> Bool
}

extension TaskEvents {
    /// Calls `body` with every change, and subscribes again where the changes end or cannot be had; until the task is cancelled.
    ///
    /// - Throws: `CancellationError`.
    package func listen(onRetry: (any Error) -> Void, _ body: (TaskChange) async -> Void) async throws {
        let pause = Duration.seconds(1)
        while true {
            for await change in try await retry(.every(pause), onRetry: onRetry, subscribe) { await body(change) }
            try await Task.sleep(for: pause)
        }
    }

    package func follow(_ follower: @escaping @Sendable (FollowedChanges) -> Void) async throws {}
    package func isCurrent(within age: Duration) -> Bool { false }
}

/// What a follower of changes is told.
package enum FollowedChanges: Sendable {
    case changes([TaskChange])
    /// Changes may have been missed.
    case gap
}

/// A task as it is after a change.
package struct TaskChange: Sendable, Hashable, Codable {
    package var task: TaskRecord
    /// 0 to 1; how much of the present run is done.
    package var progress: Double

    package init(_ task: TaskRecord, progress: Double? = nil) {
        self.task = task
        self.progress = progress ?? (task.status == .completed ? 1 : 0)
    }
}
