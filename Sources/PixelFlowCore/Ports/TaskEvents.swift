/// Announces changes of tasks to every api replica, so that clients see them immediately.
///
/// A convenience: who misses a change finds it in the task store by `TaskOwnerStore.changes`.
package protocol TaskEvents: Sendable {
    func publish(_ changes: [TaskChange]) async throws
    /// Every change published from now on. A subscriber that does not keep up loses the oldest.
    func subscribe() async throws -> AsyncStream<TaskChange>
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
