import PixelFlowCore
import Synchronization

/// Counts the reads of a store, and can simulate an outage of reads.
final class CountedTasks: TaskOwnerStore, UsageStore {
    private let store: any TaskOwnerStore & UsageStore
    private let count = Mutex(0)
    private let isAway = Mutex(false)
    private let hidesKeys = Mutex(false)
    private let refusal = Mutex<PixelFlowError?>(nil)

    init(_ store: any TaskOwnerStore & UsageStore) { self.store = store }

    var reads: Int { count.withLock { $0 } }

    func setAway(_ value: Bool) { isAway.withLock { $0 = value } }

    /// What creations throw.
    func refuseCreations(with error: PixelFlowError?) { refusal.withLock { $0 = error } }

    /// Whether requests with the same idempotency key seem to arrive at the same time: none finds the task of another.
    func setHidingKeys(_ value: Bool) { hidesKeys.withLock { $0 = value } }

    private func read<Value>(_ body: () async throws -> Value) async throws -> Value {
        count.withLock { $0 += 1 }
        if isAway.withLock({ $0 }) { throw PixelFlowError.unavailable("task_database") }
        return try await body()
    }

    func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await read { try await store.find(id, of: tenant) } }

    func find(_ ids: [TaskID], of tenant: TenantID) async throws -> [TaskRecord] {
        try await read { try await store.find(ids, of: tenant) }
    }

    func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        if hidesKeys.withLock({ $0 }) { return nil }
        return try await read { try await store.find(idempotencyKey: idempotencyKey, of: tenant) }
    }

    func list(_ query: TaskQuery) async throws -> TaskPage { try await read { try await store.list(query) } }

    func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await read { try await store.changes(of: tenant, after: position, limit: limit) }
    }

    func statistics(of tenant: TenantID) async throws -> TaskStatistics { try await read { try await store.statistics(of: tenant) } }

    func create(_ task: TaskRecord) async throws -> Creation {
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        return try await store.create(task)
    }

    func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await store.cancel(id, of: tenant) }
    func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await store.replay(id, of: tenant) }
    func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await store.delete(id, of: tenant) }
    func check() async throws { try await store.check() }

    func quota(of tenant: TenantID) async throws -> Quota { try await read { try await store.quota(of: tenant) } }
    func setQuota(_ quota: Quota, of tenant: TenantID) async throws { try await store.setQuota(quota, of: tenant) }
    func usage(of tenant: TenantID) async throws -> Usage { try await read { try await store.usage(of: tenant) } }
    func tasksInFlight(of tenant: TenantID) async throws -> Int { try await store.tasksInFlight(of: tenant) }
    func pastRetention(after previous: TenantID?, limit: Int) async throws -> ExpiredTaskPage {
        try await store.pastRetention(after: previous, limit: limit)
    }
    func forgetUsage(limit: Int) async throws -> Int { try await store.forgetUsage(limit: limit) }
}
