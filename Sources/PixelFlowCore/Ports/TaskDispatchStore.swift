/// The dispatcher's role of the task store: the outbox, and the tasks that need its attention.
///
/// It works for all tenants. Any number of dispatchers may use it concurrently: each task is given to only one of them.
/// The guarantees of `TaskStore` apply.
package protocol TaskDispatchStore: Sendable {
    // MARK: Dispatch messages

    /// Takes PENDING tasks whose dispatch message is due and that are not held, longest due first.
    func takeDue(limit: Int) async throws -> [TaskRecord]
    /// Records that the broker has accepted these dispatch messages. Messages that are not the latest of a PENDING task are ignored.
    func acknowledge(_ messages: [DispatchMessage]) async throws
    /// Schedules dispatch messages again that the broker acknowledged before `time` and has delivered since, although their tasks are
    /// still PENDING: the broker has lost them.
    ///
    /// - Returns: the number of tasks, which `takeDue` returns next.
    func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int

    // MARK: Turns

    /// The tasks in progress by lane and organisation: those whose dispatch message is at the broker, and those that a
    /// worker has. Excludes tasks that wait for a retry.
    func occupancy() async throws -> Occupancy
    /// Organisations with held tasks that are ready to run, by lane; if there are more than `limit`, a random selection.
    func heldQueues(limit: Int) async throws -> Set<HeldQueue>
    /// Takes held tasks that are ready to run, longest ready first: at most the given number for each organisation and lane.
    func takeHeld(_ allotments: [HeldQueue: Int]) async throws -> [TaskRecord]
    /// Holds PENDING tasks until it is their organisation's turn. Tasks that are no longer PENDING are ignored.
    func hold(_ tasks: [TaskRecord]) async throws

    // MARK: Leases

    /// Reclaims tasks whose lease has expired, longest overdue first.
    func expireLeases(limit: Int) async throws -> [TaskRecord]

    // MARK: Events

    /// Tasks with outbox events older than `age`, oldest first, starting after `position` (the time of a task's first event).
    func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    /// Records that these events have been published. Unknown events and tasks are ignored.
    func acknowledge(events: [TaskID: Set<String>]) async throws

    // MARK: Deleted tasks

    /// Deleted tasks whose objects have not been removed yet, in the order of their deletion, starting after `position`
    /// (the time of the deletion).
    func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    /// Purges a deleted task. Does nothing if the task is not deleted or does not exist, or while it has unpublished events.
    ///
    /// - Returns: whether no deleted task with this id is left.
    @discardableResult func purge(_ id: TaskID) async throws -> Bool
    /// The subset of tasks that exist, including deleted ones that are not yet purged.
    func known(_ ids: [TaskID]) async throws -> Set<TaskID>
}

extension TaskDispatchStore {
    /// Tasks with outbox events older than `age`, starting with the oldest.
    package func unpublished(olderThan age: Duration, limit: Int) async throws -> [TaskRecord] {
        try await unpublished(olderThan: age, after: .beginning, limit: limit)
    }

    /// Deleted tasks, starting with the first deleted.
    package func deleted(limit: Int) async throws -> [TaskRecord] { try await deleted(after: .beginning, limit: limit) }
}
