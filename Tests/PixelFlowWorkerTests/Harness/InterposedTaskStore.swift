import PixelFlowCore

/// The worker's side of a task store, in which a test can intercept calls.
struct InterposedTaskStore: TaskWorkerStore {
    let base: any TaskWorkerStore
    var completing: @Sendable (any TaskWorkerStore, Claim, Manifest) async throws -> TaskRecord? = { try await $0.complete($1, with: $2) }
    var failing: @Sendable (any TaskWorkerStore, Claim, TaskFailure) async throws -> TaskRecord? = { try await $0.fail($1, with: $2) }
    var renewing: @Sendable (any TaskWorkerStore, Claim) async throws -> Renewal = { try await $0.renew($1) }

    init(_ base: any TaskWorkerStore) { self.base = base }

    /// A store without fencing: it accepts a result from any worker, regardless of who holds the task.
    static func withoutFencing(_ base: any TaskWorkerStore, tenant: TenantID) -> InterposedTaskStore {
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

    func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await base.find(id, of: tenant) }
    func find(_ ids: [TaskID], of tenant: TenantID) async throws -> [TaskRecord] { try await base.find(ids, of: tenant) }
    func waiting(longerThan age: Duration, in lanes: Set<Lane>, limit: Int) async throws -> [TaskID] {
        try await base.waiting(longerThan: age, in: lanes, limit: limit)
    }
    func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord? { try await base.claim(id, by: worker) }
    func release(_ claim: Claim) async throws -> TaskRecord? { try await base.release(claim) }
}
