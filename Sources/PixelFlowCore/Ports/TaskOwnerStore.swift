/// The owner's side of the task store: what a tenant does with its own tasks, and sees of them.
///
/// Every method sees the tasks of the given tenant alone; a deleted task is gone for all of them but `changes`.
/// What `TaskStore` says of every method holds.
package protocol TaskOwnerStore: TaskLookup {
    /// Adds a PENDING task; it survives a crash of the machine once this has returned. Of several
    /// tasks with one tenant and idempotency key only the first is added. When it may run and when
    /// it changed is set by the store (`TaskStateMachine.admit`).
    ///
    /// A task of a batch is added while the batch is open: none is added once `BatchLookup.close` has returned.
    ///
    /// - Throws: `quota_exceeded` if it is beyond a quota of the tenant; see `UsageStore`. `unknown_batch` or `batch_closed` if its batch
    ///   takes no tasks.
    func create(_ task: TaskRecord) async throws -> Creation
    /// The task that was created with this idempotency key.
    func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord?
    /// Tasks of one tenant, newest first.
    func list(_ query: TaskQuery) async throws -> TaskPage
    /// Tasks of one tenant that changed after `position`, deleted ones included, in the order of their changes. The next page
    /// begins at the position of the last task.
    func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    func statistics(of tenant: TenantID) async throws -> TaskStatistics

    /// Cancels a PENDING task, durably; asks the worker of a PROCESSING one to stop. Returns nil if there is no such task.
    /// Asking again changes nothing.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` if the task is final.
    func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Starts a FAILED task again, durably. Returns nil if there is no such task.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` if the task has not failed; `quota_exceeded` as `create`.
    func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Hides the task for good, durably, and leaves the removal of its objects to the dispatcher. Returns nil if there is no
    /// such task.
    func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?

    /// Returns when the backend is ready to serve.
    func check() async throws
}

extension TaskOwnerStore {
    /// Tasks of one tenant that changed after `time`.
    package func changes(of tenant: TenantID, after time: Timestamp, limit: Int) async throws -> [TaskRecord] {
        try await changes(of: tenant, after: TimelinePosition(after: time), limit: limit)
    }
}

/// The outcome of `create`.
package enum Creation: Sendable, Hashable {
    case created(TaskRecord)
    /// A task with this idempotency key exists; its fingerprint tells whether it is the same request.
    case existing(TaskRecord)
}

/// Which tasks to list.
package struct TaskQuery: Sendable, Hashable {
    package var tenant: TenantID
    package var status: TaskStatus?
    package var batch: BatchID?
    /// Only tasks whose `label` contains this text, whatever the case.
    package var search: String?
    /// At most this many.
    package var limit: Int
    /// Only tasks older than this one.
    package var before: TaskID?

    package init(
        tenant: TenantID, status: TaskStatus? = nil, batch: BatchID? = nil, search: String? = nil, limit: Int = 50, before: TaskID? = nil
    ) {
        self.tenant = tenant
        self.status = status
        self.batch = batch
        self.search = search
        self.limit = limit
        self.before = before
    }
}

extension TaskQuery {
    /// Whether no task can match: a label has no U+0000. Databases cut a text there, or refuse it.
    package var matchesNothing: Bool { search?.utf8.contains(0) == true }
}

/// One page of a list of tasks.
package struct TaskPage: Sendable, Hashable {
    package var tasks: [TaskRecord]
    /// Where the next page begins; nil on the last.
    package var next: TaskID?

    package init(tasks: [TaskRecord], next: TaskID?) {
        self.tasks = tasks
        self.next = next
    }

    /// A page of at most `limit` tasks.
    ///
    /// - Parameter found: one more than `limit`, where there are so many: it tells whether there is a next page.
    package init(_ found: [TaskRecord], limit: Int) {
        tasks = Array(found.prefix(limit))
        next = found.count > limit ? tasks.last?.id : nil
    }
}
