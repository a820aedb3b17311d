/// The owner's role of the task store: how a tenant manages and sees its own tasks.
///
/// Every method sees only the tasks of the given tenant; deleted tasks are invisible to all methods except `changes`.
/// The guarantees of `TaskStore` apply.
package protocol TaskOwnerStore: TaskLookup {
    /// Adds a PENDING task. On return, it survives a crash of the machine. Of several
    /// tasks with the same tenant and idempotency key, only the first is added. The store sets when it may run and when
    /// it was changed (`TaskStateMachine.admit`).
    ///
    /// A task of a batch is added only while the batch is open: none is added once `BatchLookup.close` has returned.
    ///
    /// - Throws: `quota_exceeded` if it exceeds a quota of the tenant; see `UsageStore`. `unknown_batch` or `batch_closed` if its batch
    ///   does not accept tasks. `insufficient_storage` or `task_database_busy` if there is no room for it. After all of these errors, the
    ///   task has certainly not been added; after other ones, it may have been.
    func create(_ task: TaskRecord) async throws -> Creation
    /// The task that was created with this idempotency key.
    func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord?
    /// Tasks of one tenant, newest first.
    func list(_ query: TaskQuery) async throws -> TaskPage
    /// Tasks of one tenant that changed after `position`, including deleted ones, in the order of their changes. The next page
    /// begins at the position of the last task.
    func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    func statistics(of tenant: TenantID) async throws -> TaskStatistics

    /// Cancels a PENDING task durably; requests that the worker of a PROCESSING task stops. Returns nil if there is no such task.
    /// Repeating it changes nothing.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` if the task is final.
    func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Restarts a FAILED task durably. Returns nil if there is no such task.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` if the task has not failed; `quota_exceeded` like `create`.
    func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Deletes the task durably: it becomes invisible, and the dispatcher removes its objects later. Returns nil if there is no
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
    /// A task with this idempotency key exists; its fingerprint shows whether it was the same request.
    case existing(TaskRecord)
}

/// Selects the tasks of a list.
package struct TaskQuery: Sendable, Hashable {
    package var tenant: TenantID
    package var status: TaskStatus?
    package var batch: BatchID?
    /// Only tasks whose `label` contains this text; case-insensitive.
    package var search: String?
    /// The maximum number of tasks.
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
    /// Whether no task can match: a label has no U+0000. Databases truncate a text there, or reject it.
    package var matchesNothing: Bool { search?.utf8.contains(0) == true }
}

/// One page of a list of tasks.
package struct TaskPage: Sendable, Hashable {
    package var tasks: [TaskRecord]
    /// The start of the next page; nil on the last one.
    package var next: TaskID?

    package init(tasks: [TaskRecord], next: TaskID?) {
        self.tasks = tasks
        self.next = next
    }

    /// A page of at most `limit` tasks.
    ///
    /// - Parameter found: up to `limit + 1` tasks; the additional one shows that there is a next page.
    package init(_ found: [TaskRecord], limit: Int) {
        tasks = Array(found.prefix(limit))
        next = found.count > limit ? tasks.last?.id : nil
    }
}
