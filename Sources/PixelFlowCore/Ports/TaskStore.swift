/// A store of task documents with all roles.
///
/// Every method is atomic and applies the rules of `TaskStateMachine` with the store's own clock. All methods throw
/// `PixelFlowError` with `retry == .outage` while the backend does not respond.
///
/// Only code that opens a store uses this type; all other code depends on the role that it needs.
package typealias TaskStore = TaskOwnerStore & TaskWorkerStore & TaskDispatchStore

/// Finds tasks by their ids. Owners look up their own tasks, and workers those that watermarks refer to.
package protocol TaskLookup: Sendable {
    /// Returns nil if the tenant has no such task, or has deleted it.
    func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Finds several tasks with one query. The result has no duplicates and no order.
    func find(_ ids: [TaskID], of tenant: TenantID) async throws -> [TaskRecord]
}

/// A position in a list of tasks that is sorted by a time, then by id.
package struct TimelinePosition: Sendable, Hashable {
    package var time: Timestamp
    /// The task at this position; nil for the position after all tasks of that time.
    package var task: TaskID?

    package init(time: Timestamp, task: TaskID) {
        self.time = time
        self.task = task
    }

    /// The position after everything of this time.
    package init(after time: Timestamp) { self.time = time }

    /// The position before everything.
    package static let beginning = TimelinePosition(after: Timestamp(microseconds: 0))
}
