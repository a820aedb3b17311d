import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: BatchOwnerStore {
    package func batchTime() async throws -> Timestamp { now }

    package func batch(_ id: BatchID, of tenant: TenantID) async throws -> Batch? {
        try await read(for: tenant) {
            try $0.batchDocument(id, of: tenant)
        } decode: {
            try Self.readable { [document = $0] in try document.map(BatchRow.batch) }
        }
    }

    package func add(_ batch: Batch, unfinished limit: Int) async throws {
        try await write(.machine) { tasks in
            if limit < .max {
                let count = try Int.fetchOne(
                    tasks.database.cachedStatement(sql: BatchRow.countUnfinished), arguments: [batch.tenant.rawValue, limit])
                guard count ?? 0 < limit else { throw PixelFlowError.tooManyBatches(limit) }
            }
            try tasks.database.execute(
                sql: "INSERT OR IGNORE INTO batch (id, tenant, due, revision, document) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    batch.id.rawValue, batch.tenant.rawValue, batch.due.microseconds, batch.revision, try TaskRow.encode(batch),
                ])
        }
    }

    package func replace(_ batch: Batch) async throws -> Bool {
        try await write(.machine) { tasks in
            try tasks.database.execute(
                sql: "UPDATE batch SET due = ?, revision = ?, document = ? WHERE id = ? AND tenant = ? AND revision = ?",
                arguments: [
                    batch.due.microseconds, batch.revision, try TaskRow.encode(batch), batch.id.rawValue, batch.tenant.rawValue,
                    batch.revision - 1,
                ])
            return tasks.database.changesCount > 0
        }
    }

    package func batches(_ query: BatchQuery) async throws -> [Batch] {
        try await UnreadableRows.page(limit: query.limit) { limit in
            let arguments: StatementArguments = [query.tenant.rawValue, query.before?.rawValue ?? "~", limit]
            return try await read(for: query.tenant) { database in
                try Data.fetchAll(
                    database, sql: "SELECT document FROM batch WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT ?", arguments: arguments)
            } decode: {
                $0.map(readableBatch)
            }
        }
    }

    package func counts(of batch: BatchID, of tenant: TenantID) async throws -> BatchCounts {
        let names = [tenant.rawValue, batch.rawValue]
        return try await read(for: tenant) { database in
            var counts: [TaskStatus: Int] = [:]
            for row in try Row.fetchAll(
                database,
                sql: "SELECT status, COUNT(*) FROM task WHERE tenant = ? AND batch = ? AND deleted_at IS NULL GROUP BY status",
                arguments: StatementArguments(names))
            {
                if let status = TaskStatus(rawValue: try row.value(0)) { counts[status] = try row.value(1) }
            }
            return BatchCounts(counts)
        }
    }

    package func removeBatches(of tenant: TenantID, limit: Int) async throws -> Int {
        try await removeSome(from: "batch", key: "id", of: tenant, limit: limit)
    }
}

extension SQLiteTaskStore: BatchWatchStore {
    package func dueBatches(limit: Int) async throws -> [Batch] {
        let now = now.microseconds
        let sql = "SELECT due, rowid, document FROM batch WHERE due <= ? AND " + TaskRow.next(by: "due")
        return try await unreadable.scan("batches", limit: limit) { (part: UnreadableRows.ScanPart<RowPosition>) in
            let arguments = part.after.orBeginning.arguments(after: [now], limit: part.rows)
            return try await read { database in
                try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
                    .map { (key: RowPosition(value: try $0.value(0), row: try $0.value(1)), document: try $0.value(2) as Data) }
            }.map { ($0.key, readableBatch($0.document)) }
        }
    }

    private func readableBatch(_ document: Data) -> Batch? { unreadable.value(of: .batch) { try BatchRow.batch(document) } }

    package func newestTask(of batch: Batch) async throws -> TaskRecord? {
        try await document(
            of: batch.tenant, "WHERE tenant = ? AND batch = ? AND deleted_at IS NULL ORDER BY id DESC LIMIT 1",
            [batch.tenant.rawValue, batch.id.rawValue])
    }

    package func hasOpenTask(_ batch: Batch) async throws -> Bool {
        let names = [batch.tenant.rawValue, batch.id.rawValue]
        return try await read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM task
                        WHERE tenant = ? AND batch = ? AND deleted_at IS NULL AND status IN ('PENDING', 'PROCESSING'))
                    """, arguments: StatementArguments(names))
        } ?? false
    }

    package func remove(_ batch: Batch) async throws -> Bool {
        try await write(.process) { tasks in
            try tasks.database.execute(
                sql: "DELETE FROM batch WHERE id = ? AND tenant = ? AND revision = ?",
                arguments: [batch.id.rawValue, batch.tenant.rawValue, batch.revision])
            return tasks.database.changesCount > 0
        }
    }
}

extension TaskTransaction {
    /// - Throws: `unknown_batch` or `batch_closed` if the batch of a new task does not accept it.
    func requireOpenBatch(of task: TaskRecord) throws {
        guard let id = task.batch else { return }
        guard let batch = try database.batchDocument(id, of: task.tenant).map(BatchRow.batch) else {
            throw PixelFlowError.unknownBatch(id.rawValue)
        }
        guard batch.state == .open else { throw PixelFlowError.batchClosed(id) }
    }
}
