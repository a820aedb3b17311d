import Foundation
import GRDB
public import PixelFlowCore

extension SQLiteTaskStore {
    static let byIdempotencyKey = "SELECT id FROM task WHERE tenant = ? AND idempotency_key = ? AND deleted_at IS NULL"

    public func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        let task: TaskRecord?
        if let cached = cached(id) {
            task = cached
        } else {
            task = try await documents("WHERE id = ?", [id.rawValue]).first
        }
        guard let task, task.tenant == tenant, task.deletedAt == nil else { return nil }
        return task
    }

    public func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        try await documents(
            "WHERE tenant = ? AND idempotency_key = ? AND deleted_at IS NULL", [tenant.rawValue, idempotencyKey]
        ).first
    }

    public func list(_ query: TaskQuery) async throws -> TaskPage {
        var conditions = ["tenant = ?", "deleted_at IS NULL"]
        var arguments: [(any DatabaseValueConvertible & Sendable)?] = [query.tenant.rawValue]
        if let status = query.status {
            conditions.append("status = ?")
            arguments.append(status.rawValue)
        }
        if let search = query.search {
            conditions.append("instr(label, ?) > 0")
            arguments.append(search.lowercased())
        }
        if let before = query.before {
            conditions.append("id < ?")
            arguments.append(before.rawValue)
        }
        arguments.append(query.limit + 1)
        // One more than asked for tells whether there is a next page.
        let found = try await documents(
            "WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?", StatementArguments(arguments))
        let page = Array(found.prefix(query.limit))
        return TaskPage(tasks: page, next: found.count > query.limit ? page.last?.id : nil)
    }

    public func changes(of tenant: TenantID, after time: Timestamp, limit: Int) async throws -> [TaskRecord] {
        try await documents(
            "WHERE tenant = ? AND updated_at > ? ORDER BY updated_at LIMIT ?", [tenant.rawValue, time.microseconds, limit])
    }

    public func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID] {
        let start = now - age
        return try await read { database in
            let sql = "SELECT document, outbox_since FROM task WHERE status = 'PENDING' AND deleted_at IS NULL ORDER BY dispatch_due"
            let rows = try Row.fetchCursor(try database.cachedStatement(sql: sql))
            var found: [TaskID] = []
            while found.count < limit, let row = try rows.next() {
                let task = try TaskRow.decode(row)
                if task.nextRunAt <= start, !task.cancelRequested { found.append(task.id) }
            }
            return found
        }
    }

    public func unpublished(olderThan age: Duration, limit: Int) async throws -> [TaskRecord] {
        try await documents("WHERE outbox_since <= ? ORDER BY outbox_since LIMIT ?", [(now - age).microseconds, limit])
    }

    public func deleted(limit: Int) async throws -> [TaskRecord] {
        try await documents("WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT ?", [limit])
    }

    public func known(_ ids: [TaskID]) async throws -> Set<TaskID> {
        let names = ids.map(\.rawValue)
        return try await read { database in
            let marks = names.map { _ in "?" }.joined(separator: ",")
            let found = try String.fetchAll(
                database, sql: "SELECT id FROM task WHERE id IN (\(marks))", arguments: StatementArguments(names))
            return Set(found.map { TaskID($0) })
        }
    }

    public func check() async throws {
        _ = try await read { try Int.fetchOne($0, sql: "SELECT 1") }
    }

    private func documents(_ clause: String, _ arguments: StatementArguments) async throws -> [TaskRecord] {
        try await read { database in
            let statement = try database.cachedStatement(sql: "SELECT document, outbox_since FROM task " + clause)
            return try Row.fetchAll(statement, arguments: arguments).map(TaskRow.decode)
        }
    }
}
