import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: TaskOwnerStore {
    package func create(_ task: TaskRecord) async throws -> Creation {
        try await write(.machine) { tasks in
            if let key = task.idempotencyKey, let existing = try tasks.ids(Self.byIdempotencyKey, [task.tenant.rawValue, key]).first,
                let record = try tasks.task(existing)
            {
                return .existing(record)
            }
            try tasks.requireOpenBatch(of: task)
            try tasks.admit(Consumption(creating: task), of: task.tenant, at: self.now)
            let admitted = self.machine.admit(task, at: self.tick())
            try tasks.insert(admitted)
            return .created(admitted)
        }
    }

    private static let byIdempotencyKey = "SELECT id FROM task WHERE tenant = ? AND idempotency_key = ? AND deleted_at IS NULL"

    package func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        let task: TaskRecord?
        if let cached = cached(id) {
            task = cached
        } else {
            task = try await document(of: tenant, "WHERE id = ?", [id.rawValue])
        }
        guard let task, task.tenant == tenant, task.deletedAt == nil else { return nil }
        return task
    }

    package func find(_ ids: [TaskID], of tenant: TenantID) async throws -> [TaskRecord] {
        guard !ids.isEmpty else { return [] }
        let marks = databaseQuestionMarks(count: ids.count)
        let arguments = StatementArguments(ids.map(\.rawValue) + [tenant.rawValue])
        return try await read(for: tenant) {
            try StoredDocument.fetchAll($0, "WHERE id IN (\(marks)) AND tenant = ? AND deleted_at IS NULL", arguments)
        } decode: { documents in
            try documents.map { document in try Self.readable { try document.task() } }
        }
    }

    package func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        try await document(
            of: tenant, "WHERE tenant = ? AND idempotency_key = ? AND deleted_at IS NULL", [tenant.rawValue, idempotencyKey])
    }

    package func list(_ query: TaskQuery) async throws -> TaskPage {
        if query.matchesNothing { return TaskPage(tasks: [], next: nil) }
        var conditions = ["tenant = ?", "deleted_at IS NULL"]
        var arguments: [(any DatabaseValueConvertible & Sendable)?] = [query.tenant.rawValue]
        if let status = query.status {
            conditions.append("status = ?")
            arguments.append(status.rawValue)
        }
        if let batch = query.batch {
            conditions.append("batch = ?")
            arguments.append(batch.rawValue)
        }
        if let search = query.search {
            conditions.append("instr(label, ?) > 0")
            arguments.append(search.lowercased())
        }
        if let before = query.before {
            conditions.append("id < ?")
            arguments.append(before.rawValue)
        }
        let found = try await documents(
            of: query.tenant, "WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC", StatementArguments(arguments),
            limit: query.limit + 1)
        return TaskPage(found, limit: query.limit)
    }

    package func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await documents(
            of: tenant, "WHERE tenant = ? AND (updated_at, id) > (?, ?) ORDER BY updated_at, id",
            [tenant.rawValue, position.time.microseconds, position.lastID], limit: limit)
    }

    package func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        try await transition(id, of: tenant, .machine, .cancel).cancelled()
    }

    package func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        try await transition(id, of: tenant, .machine, .replay).replayed()
    }

    package func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        try await transition(id, of: tenant, .machine, .delete).changed
    }

    package func check() async throws {
        _ = try await read { try Int.fetchOne($0, sql: "SELECT 1") }
    }
}
