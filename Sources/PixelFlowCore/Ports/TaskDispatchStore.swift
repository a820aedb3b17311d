/// The dispatcher's side of the task store: the outbox, and the tasks that need its attention.
///
/// It works for all tenants. Any number of dispatchers may use it at once: whatever a method takes is given to one of them only.
/// What `TaskStore` says of every method holds.
package protocol TaskDispatchStore: Sendable {
    // MARK: Dispatch messages

    /// Takes PENDING tasks whose dispatch message is due and that are not held, the longest due first.
    func takeDue(limit: Int) async throws -> [TaskRecord]
    /// Notes that the broker has taken these dispatch messages. Messages that are not the latest of a PENDING task are ignored.
    func acknowledge(_ messages: [DispatchMessage]) async throws
    /// Has dispatch messages published anew that the broker acknowledged until `time`, has delivered since, and that left their
    /// tasks PENDING all the same: the broker has lost them.
    ///
    /// - Returns: how many; `takeDue` gives their tasks next.
    func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int

    // MARK: Turns

    /// The tasks that are under way, by lane and organisation: those whose dispatch message is with the broker, and those that a
    /// worker has. Tasks that wait for a retry are neither.
    func occupancy() async throws -> Occupancy
    /// Organisations with held tasks that are ready to run, by lane: if there are more than `limit`, a random choice of them.
    func heldQueues(limit: Int) async throws -> Set<HeldQueue>
    /// Takes held tasks that are ready to run, the longest ready first: at most as many of each organisation and lane as given.
    func takeHeld(_ allotments: [HeldQueue: Int]) async throws -> [TaskRecord]
    /// Holds PENDING tasks until it is their organisation's turn. Tasks that are no longer PENDING are ignored.
    func hold(_ tasks: [TaskRecord]) async throws

    // MARK: Leases

    /// Takes tasks back whose lease has run out, the longest overdue first.
    func expireLeases(limit: Int) async throws -> [TaskRecord]

    // MARK: Events

    /// Tasks with outbox events older than `age`, oldest first, from after `position` (the time of a task's first event) on.
    func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    /// Notes that these events have been published. Unknown events and tasks are ignored.
    func acknowledge(events: [TaskID: Set<String>]) async throws

    // MARK: Deleted tasks

    /// Tasks that are deleted and whose objects are still to be removed, in the order of their deletion, from after `position`
    /// (the time of the deletion) on.
    func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    /// Forgets a deleted task. Does nothing if the task is not deleted or not there, or as long as events of it are not published.
    ///
    /// - Returns: whether no deleted task of this id is left.
    @discardableResult func purge(_ id: TaskID) async throws -> Bool
    /// Which of these tasks there are, deleted ones that are not yet purged included.
    func known(_ ids: [TaskID]) async throws -> Set<TaskID>
}

extension TaskDispatchStore {
    /// Tasks with outbox events older than `age`, from the oldest on.
    package func unpublished(olderThan age: Duration, limit: Int) async throws -> [TaskRecord] {
        try await unpublished(olderThan: age, after: .beginning, limit: limit)
    }

    /// Tasks that are deleted, from the first deleted on.
    package func deleted(limit: Int) async throws -> [TaskRecord] { try await deleted(after: .beginning, limit: limit) }
}
