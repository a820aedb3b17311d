import PixelFlowCore

/// A task store whose worker's side a test can come in between.
struct InterposedTaskStore: TaskStore {
    let base: any TaskStore
    var completing: @Sendable (any TaskStore, Claim, Manifest) async throws -> TaskRecord? = { try await $0.complete($1, with: $2) }
    var failing: @Sendable (any TaskStore, Claim, TaskFailure) async throws -> TaskRecord? = { try await $0.fail($1, with: $2) }
    var renewing: @Sendable (any TaskStore, Claim) async throws -> Renewal = { try await $0.renew($1) }

    init(_ base: any TaskStore) { self.base = base }

    /// A store on which anybody may write down a result, whoever holds the task by now.
    static func withoutFencing(_ base: any TaskStore, tenant: TenantID) -> InterposedTaskStore {
        let present: @Sendable (Claim) async throws -> Claim = { try await base.find($0.task, of: tenant)?.claim ?? $0 }
        var store = InterposedTaskStore(base)
        store.completing = { try await $0.complete(try await present($1), with: $2) }
        store.failing = { try await $0.fail(try await present($1), with: $2) }
        store.renewing = { _, _ in .extended }
        return store
    }

    func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord? { try await completing(base, claim, manifest) }
    func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord? { try await failing(base, claim, failure) }
    func renew(_ claim: Claim) async throws -> Renewal { try await renewing(base, claim) }

    func create(_ task: TaskRecord) async throws -> Creation { try await base.create(task) }
    func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await base.find(id, of: tenant) }
    func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        try await base.find(idempotencyKey: idempotencyKey, of: tenant)
    }
    func list(_ query: TaskQuery) async throws -> TaskPage { try await base.list(query) }
    func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await base.changes(of: tenant, after: position, limit: limit)
    }
    func statistics(of tenant: TenantID) async throws -> TaskStatistics { try await base.statistics(of: tenant) }
    func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID] { try await base.waiting(longerThan: age, limit: limit) }
    func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord? { try await base.claim(id, by: worker) }
    func release(_ claim: Claim) async throws -> TaskRecord? { try await base.release(claim) }
    func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await base.cancel(id, of: tenant) }
    func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await base.replay(id, of: tenant) }
    func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await base.delete(id, of: tenant) }
    func takeDue(limit: Int) async throws -> [TaskRecord] { try await base.takeDue(limit: limit) }
    func acknowledge(_ messages: [DispatchMessage]) async throws { try await base.acknowledge(messages) }
    func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int {
        try await base.redeliverLost(publishedBefore: time, limit: limit)
    }
    func expireLeases(limit: Int) async throws -> [TaskRecord] { try await base.expireLeases(limit: limit) }
    func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await base.unpublished(olderThan: age, after: position, limit: limit)
    }
    func acknowledge(events: [TaskID: Set<String>]) async throws { try await base.acknowledge(events: events) }
    func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await base.deleted(after: position, limit: limit)
    }
    func purge(_ id: TaskID) async throws { try await base.purge(id) }
    func known(_ tasks: [TaskID]) async throws -> Set<TaskID> { try await base.known(tasks) }
    func check() async throws { try await base.check() }
}
