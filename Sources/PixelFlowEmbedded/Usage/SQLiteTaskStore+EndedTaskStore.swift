import Foundation
import GRDB
package import PixelFlowCore
import WireFormats

/// Finished tasks no longer change, and changes have an index, so a sum reads only the tasks in its time range.
extension SQLiteTaskStore: EndedTaskStore {
    private static let ended = """
        tenant = ? AND updated_at >= ? AND updated_at < ? AND deleted_at IS NULL
        AND json_extract(CAST(document AS TEXT), '$.owner') IN (SELECT value FROM json_each(?))
        """

    package func endedTasks(of owners: [UserID], in span: TaskSpan) async throws -> [UserID: EndedTasks] {
        let arguments = try Self.arguments(owners, in: span)
        return try await read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT json_extract(CAST(document AS TEXT), '$.owner'), status, COUNT(*) FROM task
                        WHERE \(Self.ended) AND status IN ('COMPLETED', 'FAILED', 'CANCELLED') GROUP BY 1, 2
                        """), arguments: arguments)
            var ended: [UserID: EndedTasks] = [:]
            for row in rows {
                guard let status = TaskStatus(rawValue: try row.value(1)) else { continue }
                ended[UserID(try row.value(0)), default: EndedTasks()].count(try row.value(2), as: status)
            }
            return ended
        }
    }

    package func failedTasks(of owners: [UserID], in span: TaskSpan, limit: Int) async throws -> [TaskRecord] {
        try await documents(
            "WHERE \(Self.ended) AND status = 'FAILED' ORDER BY updated_at, id", Self.arguments(owners, in: span), limit: limit)
    }

    private static func arguments(_ owners: [UserID], in span: TaskSpan) throws -> StatementArguments {
        let names = String(decoding: try JSONStreamEncoder(sortsKeys: false).encode(owners), as: UTF8.self)
        return [span.tenant.rawValue, span.from.microseconds, span.until.microseconds, names]
    }
}
