/// A store of task documents in all its roles.
///
/// Every method is atomic, and every rule is that of `TaskStateMachine`, judged by the store's own clock. All methods throw
/// `PixelFlowError` with `retry == .outage` while the backend does not answer.
///
/// Only what opens a store names it whole; everything else takes the role that it needs.
package typealias TaskStore = TaskOwnerStore & TaskWorkerStore & TaskDispatchStore

/// Finds tasks by their ids. The owner looks at its tasks, and a worker at those that watermarks name.
package protocol TaskLookup: Sendable {
    /// Returns nil if the tenant has no such task, or has deleted it.
    func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Those of the tasks that `find` would find one by one, each once and in no order, by one query.
    func find(_ ids: [TaskID], of tenant: TenantID) async throws -> [TaskRecord]
}

/// A place in a list of tasks that is sorted by a time, and by id where times are the same.
package struct TimelinePosition: Sendable, Hashable {
    package var time: Timestamp
    /// The task that stands there; nil for the place behind all tasks of that time.
    package var task: TaskID?

    package init(time: Timestamp, task: TaskID) {
        self.time = time
        self.task = task
    }

    /// Behind everything of this time.
    package init(after time: Timestamp) { self.time = time }

    /// Before everything.
    package static let beginning = TimelinePosition(after: Timestamp(microseconds: 0))
}
