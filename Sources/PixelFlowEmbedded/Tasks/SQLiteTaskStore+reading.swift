import GRDB
import PixelFlowCore

/// Reads documents for the roles of the store.
extension SQLiteTaskStore {
    /// The first `limit` tasks of one tenant that match `clause`, which starts at `WHERE`; runs in the tenant's turn.
    func documents(
        of tenant: TenantID, _ clause: String, _ arguments: StatementArguments, limit: Int
    ) async throws -> [TaskRecord] {
        try await UnreadableRows.page(limit: limit) { limit in
            try await select(for: tenant) {
                try StoredDocument.fetchAll($0, clause + " LIMIT \(limit)", arguments)
            } decode: { documents in
                var tasks: [TaskRecord?] = []
                for document in documents {
                    tasks.append(unreadable.value(of: .task) { try document.task() })
                    // Decoding large documents takes time: yield in between, and stop if the caller has been cancelled.
                    if documents.count > 1 {
                        await Task.yield()
                        try Task.checkCancellation()
                    }
                }
                return tasks
            }
        }
    }

    /// The task of one tenant that matches `clause`, which starts at `WHERE`.
    ///
    /// - Throws: `task_database_unavailable` if only a newer version can decode it.
    func document(of tenant: TenantID, _ clause: String, _ arguments: StatementArguments) async throws -> TaskRecord? {
        try await select(for: tenant) {
            try StoredDocument.fetchAll($0, clause, arguments).first
        } decode: { document in
            try Self.readable { try document?.task() }
        }
    }

    /// The first `limit` tasks of all tenants that match `clause`, which starts at `WHERE`.
    func documents(_ clause: String, _ arguments: StatementArguments, limit: Int) async throws -> [TaskRecord] {
        try await UnreadableRows.page(limit: limit) { limit in
            try await read { try StoredDocument.fetchAll($0, clause + " LIMIT \(limit)", arguments) }
                .map { document in unreadable.value(of: .task) { try document.task() } }
        }
    }

    /// The first `limit` tasks of all tenants that match `condition` and follow a position, in the order of `column` and the id.
    ///
    /// - Parameter name: names the scan.
    func documents(
        _ name: String, limit: Int, where condition: String, _ arguments: [(any DatabaseValueConvertible & Sendable)?], by column: String,
        after start: TimelinePosition
    ) async throws -> [TaskRecord] {
        let sql = """
            SELECT document, outbox_since IS NOT NULL, \(column), id FROM task
            WHERE \(condition) AND (\(column), id) > (?, ?) ORDER BY \(column), id LIMIT ?
            """
        return try await unreadable.scan(name, limit: limit, after: start) { part in
            let after = part.after ?? start
            let arguments = StatementArguments(arguments + [after.time.microseconds, after.lastID, part.rows])
            return try await read { database in
                try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments).map { row in
                    (
                        key: TimelinePosition(time: Timestamp(microseconds: try row.value(2)), task: TaskID(try row.value(3))),
                        document: StoredDocument(bytes: try row.value(0), hasEvents: try row.value(1))
                    )
                }
            }.map { row in (row.key, unreadable.value(of: .task) { try row.document.task() }) }
        }
    }

    /// If only a newer version can decode a row, the caller may get it from that version later.
    static func readable<Value>(_ read: () throws -> Value) throws(PixelFlowError) -> Value {
        do {
            return try read()
        } catch {
            throw .unavailable("task_database", cause: error)
        }
    }
}

/// The position of a row in the order of a column and of the rows themselves, which is that of an index.
struct RowPosition: Sendable {
    let value: Int64
    let row: Int64

    /// Completes those of a statement that ends with `TaskRow.next`.
    func arguments(after others: [(any DatabaseValueConvertible & Sendable)?], limit: Int) -> StatementArguments {
        StatementArguments(others + [value, value, row, limit])
    }
}

extension RowPosition? {
    var orBeginning: RowPosition { self ?? RowPosition(value: .min, row: .min) }
}

extension TaskRow {
    /// The rest of a statement for the rows after a `RowPosition`. The index is searched with the first condition.
    static func next(by column: String) -> String {
        "\(column) >= ? AND (\(column) > ? OR rowid > ?) ORDER BY \(column), rowid LIMIT ?"
    }
}

extension TimelinePosition {
    /// The id to compare with. All task ids sort before a tilde.
    var lastID: String { task?.rawValue ?? "~" }
}
