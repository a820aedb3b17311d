import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore {
    static let byIdempotencyKey = "SELECT id FROM task WHERE tenant = ? AND idempotency_key = ? AND deleted_at IS NULL"

    package func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        let task: TaskRecord?
        if let cached = cached(id) {
            task = cached
        } else {
            task = try await documents(of: tenant, "WHERE id = ?", [id.rawValue]).first
        }
        guard let task, task.tenant == tenant, task.deletedAt == nil else { return nil }
        return task
    }

    package func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        try await documents(
            of: tenant, "WHERE tenant = ? AND idempotency_key = ? AND deleted_at IS NULL", [tenant.rawValue, idempotencyKey]
        ).first
    }

    package func list(_ query: TaskQuery) async throws -> TaskPage {
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
        // One more than requested shows whether there is a next page.
        let found = try await documents(
            of: query.tenant, "WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?", StatementArguments(arguments))
        let page = Array(found.prefix(query.limit))
        return TaskPage(tasks: page, next: found.count > query.limit ? page.last?.id : nil)
    }

    package func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await documents(
            of: tenant, "WHERE tenant = ? AND (updated_at, id) > (?, ?) ORDER BY updated_at, id LIMIT ?",
            [tenant.rawValue, position.time.microseconds, position.lastID, limit])
    }

    package func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID] {
        let start = (now - age).microseconds
        return try await read { database in
            let sql = """
                SELECT id FROM task
                WHERE status = 'PENDING' AND deleted_at IS NULL AND cancel_requested = 0 AND next_run_at <= ?
                ORDER BY next_run_at LIMIT ?
                """
            return try String.fetchAll(database.cachedStatement(sql: sql), arguments: [start, limit]).map { TaskID($0) }
        }
    }

    package func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await documents(
            "WHERE outbox_since <= ? AND (outbox_since, id) > (?, ?) ORDER BY outbox_since, id LIMIT ?",
            [(now - age).microseconds, position.time.microseconds, position.lastID, limit])
    }

    package func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await documents(
            "WHERE deleted_at IS NOT NULL AND (deleted_at, id) > (?, ?) ORDER BY deleted_at, id LIMIT ?",
            [position.time.microseconds, position.lastID, limit])
    }

    package func known(_ ids: [TaskID]) async throws -> Set<TaskID> {
        let names = ids.map(\.rawValue)
        return try await read { database in
            let marks = names.map { _ in "?" }.joined(separator: ",")
            let found = try String.fetchAll(
                database, sql: "SELECT id FROM task WHERE id IN (\(marks))", arguments: StatementArguments(names))
            return Set(found.map { TaskID($0) })
        }
    }

    package func check() async throws {
        _ = try await read { try Int.fetchOne($0, sql: "SELECT 1") }
    }

    private func documents(of tenant: TenantID, _ clause: String, _ arguments: StatementArguments) async throws -> [TaskRecord] {
        try await read(for: tenant) {
            try StoredDocument.fetchAll($0, clause, arguments)
        } decode: { documents in
            var tasks: [TaskRecord] = []
            for document in documents {
                tasks.append(try document.task())
                // Decoding large documents takes time: yield to others in between, and stop if the caller has been cancelled.
                if documents.count > 1 {
                    await Task.yield()
                    try Task.checkCancellation()
                }
            }
            return tasks
        }
    }

    private func documents(_ clause: String, _ arguments: StatementArguments) async throws -> [TaskRecord] {
        try await read { try StoredDocument.fetchAll($0, clause, arguments) }.map { try $0.task() }
    }
}

extension TimelinePosition {
    /// The id to compare with. No task's id is greater than a tilde.
    fileprivate var lastID: String { task?.rawValue ?? "~" }
}
