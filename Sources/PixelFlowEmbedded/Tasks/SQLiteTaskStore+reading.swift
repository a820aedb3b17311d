import GRDB
import PixelFlowCore

/// Documents as the roles of the store read them.
extension SQLiteTaskStore {
    /// The tasks of one tenant that `clause`, from `WHERE` on, finds; in the tenant's turn.
    func documents(of tenant: TenantID, _ clause: String, _ arguments: StatementArguments) async throws -> [TaskRecord] {
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

    /// The tasks, of whichever tenant, that `clause`, from `WHERE` on, finds.
    func documents(_ clause: String, _ arguments: StatementArguments) async throws -> [TaskRecord] {
        try await read { try StoredDocument.fetchAll($0, clause, arguments) }.map { try $0.task() }
    }
}

extension TimelinePosition {
    /// The id to compare with. No task's id is greater than a tilde.
    var lastID: String { task?.rawValue ?? "~" }
}
