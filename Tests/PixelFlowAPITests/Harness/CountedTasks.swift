import PixelFlowCore
import Synchronization

/// Counts the reads of a store.
final class CountedTasks: TaskOwnerStore {
    private let store: any TaskOwnerStore
    private let count = Mutex(0)

    init(_ store: any TaskOwnerStore) { self.store = store }

    var reads: Int { count.withLock { $0 } }

    private func read<Value>(_ body: () async throws -> Value) async throws -> Value {
        count.withLock { $0 += 1 }
        return try await body()
    }

    func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await read { try await store.find(id, of: tenant) } }

    func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        try await read { try await store.find(idempotencyKey: idempotencyKey, of: tenant) }
    }

    func list(_ query: TaskQuery) async throws -> TaskPage { try await read { try await store.list(query) } }

    func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await read { try await store.changes(of: tenant, after: position, limit: limit) }
    }

    func statistics(of tenant: TenantID) async throws -> TaskStatistics { try await read { try await store.statistics(of: tenant) } }

    func create(_ task: TaskRecord) async throws -> Creation { try await store.create(task) }
    func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await store.cancel(id, of: tenant) }
    func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await store.replay(id, of: tenant) }
    func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? { try await store.delete(id, of: tenant) }
    func check() async throws { try await store.check() }
}
