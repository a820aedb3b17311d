import Foundation
import GRDB
import PixelFlowCore

/// A batch as a row.
enum BatchRow {
    static let schema = """
        CREATE TABLE batch (
            id TEXT PRIMARY KEY NOT NULL,
            tenant TEXT NOT NULL,
            due INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            document BLOB NOT NULL
        );
        CREATE INDEX batch_by_tenant ON batch (tenant, id);
        CREATE INDEX batch_by_due ON batch (due);
        ALTER TABLE task ADD COLUMN batch TEXT;
        CREATE INDEX task_by_batch ON task (tenant, batch, status, id) WHERE batch IS NOT NULL AND deleted_at IS NULL;
        CREATE INDEX task_in_batch ON task (tenant, batch, id) WHERE batch IS NOT NULL AND deleted_at IS NULL;
        """

    /// Completed batches stay as long as they have tasks, so they are many, and the others few.
    static let indexOfUnfinished = "CREATE INDEX batch_unfinished ON batch (tenant) WHERE \(isUnfinished)"

    private static let isUnfinished = "json_extract(CAST(document AS TEXT), '$.completedAt') IS NULL"

    static let countUnfinished = """
        SELECT COUNT(*) FROM (SELECT 1 FROM batch INDEXED BY batch_unfinished WHERE tenant = ? AND \(isUnfinished) LIMIT ?)
        """

    static func batch(_ document: Data) throws -> Batch { try JSONDecoder().decode(Batch.self, from: document) }
}

extension Database {
    func batchDocument(_ id: BatchID, of tenant: TenantID) throws -> Data? {
        let statement = try cachedStatement(sql: "SELECT document FROM batch WHERE id = ? AND tenant = ?")
        return try Data.fetchOne(statement, arguments: [id.rawValue, tenant.rawValue])
    }
}
