import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: AuditOutbox {
    package func addAudit(_ entry: AuditEntry) async throws {
        try await write(.machine) { tasks in
            try tasks.database.execute(
                sql: "INSERT INTO audit_outbox (id, at, settled, document) VALUES (?, ?, 0, ?) ON CONFLICT (id) DO NOTHING",
                arguments: [entry.id, entry.at.microseconds, try TaskRow.encode(entry)])
        }
    }

    package func settleAudit(_ entry: AuditEntry) async throws {
        try await write(.machine) { tasks in
            try tasks.database.execute(
                sql: "UPDATE audit_outbox SET settled = 1, document = ? WHERE id = ?",
                arguments: [try TaskRow.encode(entry), entry.id])
        }
    }

    package func undeliveredAudit(before time: Timestamp, limit: Int) async throws -> [UndeliveredAuditEntry] {
        try await unreadable.scan("audit", limit: limit) { (part: UnreadableRows.ScanPart<String>) in
            try await read { database in
                try Row.fetchAll(
                    database,
                    sql: "SELECT id, document, settled FROM audit_outbox WHERE (settled = 1 OR at < ?) AND id > ? ORDER BY id LIMIT ?",
                    arguments: [time.microseconds, part.after ?? "", part.rows]
                ).map { (id: try $0.value(0) as String, document: try $0.value(1) as Data, isSettled: try $0.value(2) as Bool) }
            }.map { row in
                let entry = unreadable.value(of: .audit) {
                    UndeliveredAuditEntry(try JSONDecoder().decode(AuditEntry.self, from: row.document), isSettled: row.isSettled)
                }
                return (row.id, entry)
            }
        }
    }

    package func removeAudit(_ ids: [String]) async throws {
        guard !ids.isEmpty else { return }
        try await write(.process) { tasks in
            for id in ids { try tasks.database.execute(sql: "DELETE FROM audit_outbox WHERE id = ?", arguments: [id]) }
        }
    }

    package func auditBacklog() async throws -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM audit_outbox") } ?? 0
    }
}
