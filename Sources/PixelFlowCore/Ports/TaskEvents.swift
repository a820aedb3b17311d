/// Notifies all api replicas of changes of tasks, so that clients see them immediately.
///
/// Delivery is not guaranteed: missed changes can be read from the task store with `TaskOwnerStore.changes`.
package protocol TaskEvents: Sendable {
    func publish(_ changes: [TaskChange]) async throws
    /// All changes published from now on. A subscriber that is too slow loses the oldest ones.
    ///
    /// - Parameter onGap: called whenever the subscriber may have missed changes, for this or another reason; must be quick.
    func subscribe(onGap: @escaping @Sendable () -> Void) async throws -> AsyncStream<TaskChange>

    /// Calls `follower` with all changes published from now on, before subscribers receive them. There is no queue in between, so none
    /// are dropped; `follower` must be quick. Does nothing if changes cannot be followed.
    func follow(_ follower: @escaping @Sendable (FollowedChanges) -> Void) async throws
    /// Whether followers know everything that was published before `age` ago; false if that is unknown.
    func isCurrent(within age: Duration) -> Bool
}

extension TaskEvents {
    package func subscribe() async throws -> AsyncStream<TaskChange> { try await subscribe {} }

    /// Calls `body` with every change, and subscribes again if the stream ends or fails, until the task is cancelled.
    ///
    /// - Parameter onGap: called whenever changes may have been missed; must be quick.
    /// - Throws: `CancellationError`.
    package func listen(
        onRetry: (any Error) -> Void, onGap: @escaping @Sendable () -> Void = {}, _ body: (TaskChange) async -> Void
    ) async throws {
        let pause = Duration.seconds(1)
        while true {
            let changes = try await retry(.every(pause), onRetry: onRetry) { try await subscribe(onGap: onGap) }
            for await change in changes { await body(change) }
            onGap()
            try await Task.sleep(for: pause)
        }
    }

    package func follow(_ follower: @escaping @Sendable (FollowedChanges) -> Void) async throws {}
    package func isCurrent(within age: Duration) -> Bool { false }
}

/// What a follower of changes receives.
package enum FollowedChanges: Sendable {
    case changes([TaskChange])
    /// Changes may have been missed.
    case gap
}

/// The state of a task after a change.
package struct TaskChange: Sendable, Hashable, Codable {
    package var task: TaskRecord
    /// The progress of the current run, 0 to 1.
    package var progress: Double

    package init(_ task: TaskRecord, progress: Double? = nil) {
        self.task = task
        self.progress = progress ?? (task.status == .completed ? 1 : 0)
    }
}
