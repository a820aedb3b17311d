import GRDB
import PixelFlowCore

/// Reads documents for the roles of the store.
extension SQLiteTaskStore {
    /// The first `limit` tasks of one tenant that match `clause`, which starts at `WHERE`; runs in the tenant's turn.
    func documents(
        of tenant: TenantID, _ clause: String, _ arguments: StatementArguments, limit: Int
    ) async throws -> [TaskRecord] {
        try await UnreadableRows.page(limit: limit) { limit in
            try await read(for: tenant) {
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
        try await read(for: tenant) {
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

    /// If only a newer version can decode a row, the caller may get it from that version later.
    static func readable<Value>(_ read: () throws -> Value) throws(PixelFlowError) -> Value {
        do {
            return try read()
        } catch {
            throw .unavailable("task_database", cause: error)
        }
    }
}

extension TimelinePosition {
    /// The id to compare with. All task ids sort before a tilde.
    var lastID: String { task?.rawValue ?? "~" }
}
