import Foundation
import GRDB
import PixelFlowCore
import WireFormats

/// The tables of tasks, presets and small objects. The document is the source of truth; the other columns repeat
/// values for queries.
enum TaskSchema {
    static let migrations: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 tasks and presets") { database in
            try database.execute(
                sql: """
                    CREATE TABLE task (
                        id TEXT PRIMARY KEY NOT NULL,
                        tenant TEXT NOT NULL,
                        status TEXT NOT NULL,
                        dispatch_due INTEGER NOT NULL,
                        lease_until INTEGER,
                        idempotency_key TEXT,
                        created_at INTEGER NOT NULL,
                        updated_at INTEGER NOT NULL,
                        started_at INTEGER,
                        completed_at INTEGER,
                        error_code TEXT,
                        outbox_since INTEGER,
                        deleted_at INTEGER,
                        document BLOB NOT NULL
                    );
                    CREATE INDEX task_by_tenant ON task (tenant, id) WHERE deleted_at IS NULL;
                    CREATE INDEX task_by_status ON task (tenant, status, id) WHERE deleted_at IS NULL;
                    CREATE INDEX task_by_change ON task (tenant, updated_at);
                    CREATE INDEX task_by_due ON task (dispatch_due) WHERE status = 'PENDING' AND deleted_at IS NULL;
                    CREATE INDEX task_by_lease ON task (lease_until) WHERE status = 'PROCESSING' AND deleted_at IS NULL;
                    CREATE INDEX task_by_outbox ON task (outbox_since) WHERE outbox_since IS NOT NULL;
                    CREATE INDEX task_by_deletion ON task (deleted_at) WHERE deleted_at IS NOT NULL;
                    CREATE UNIQUE INDEX task_by_idempotency_key ON task (tenant, idempotency_key)
                        WHERE idempotency_key IS NOT NULL AND deleted_at IS NULL;
                    CREATE TABLE preset (
                        tenant TEXT NOT NULL,
                        name TEXT NOT NULL,
                        document BLOB NOT NULL,
                        PRIMARY KEY (tenant, name)
                    );
                    """)
        }
        migrator.registerMigration("2 small objects") { database in
            try database.execute(
                sql: """
                    CREATE TABLE object (
                        prefix TEXT NOT NULL,
                        name TEXT NOT NULL,
                        bytes BLOB NOT NULL,
                        PRIMARY KEY (prefix, name)
                    );
                    """)
        }
        migrator.registerMigration("3 labels, to search in") { database in
            try database.execute(
                sql: """
                    ALTER TABLE task ADD COLUMN label TEXT NOT NULL DEFAULT '';
                    UPDATE task SET label = lower(coalesce(
                        json_extract(CAST(document AS TEXT), '$.source.url._0'),
                        json_extract(CAST(document AS TEXT), '$.source.upload._0.filename'), ''));
                    """)
        }
        migrator.registerMigration("4 what idle workers look for, orphans and the installation") { database in
            try database.execute(
                sql: """
                    ALTER TABLE task ADD COLUMN next_run_at INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE task ADD COLUMN cancel_requested INTEGER NOT NULL DEFAULT 0;
                    UPDATE task SET
                        next_run_at = json_extract(CAST(document AS TEXT), '$.nextRunAt'),
                        cancel_requested = json_extract(CAST(document AS TEXT), '$.cancelRequested')
                    WHERE status = 'PENDING';
                    CREATE INDEX task_by_next_run ON task (next_run_at)
                        WHERE status = 'PENDING' AND deleted_at IS NULL AND cancel_requested = 0;
                    CREATE TABLE orphan (prefix TEXT PRIMARY KEY NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE TABLE installation (only INTEGER PRIMARY KEY CHECK (only = 1), mark TEXT NOT NULL);
                    """)
        }
        migrator.registerMigration("5 metadata of sources under their new name") { database in
            // Quotation marks inside strings of the document are escaped, so only the field name itself can match.
            try database.execute(
                sql: """
                    UPDATE task SET document = CAST(replace(CAST(document AS TEXT), '"sourceFacts":', '"sourceMetadata":') AS BLOB);
                    """)
        }
        migrator.registerMigration("6 quotas and usage") { database in try database.execute(sql: UsageSchema.sql) }
        migrator.registerMigration("7 lanes and held tasks") { database in
            try database.execute(
                sql: """
                    ALTER TABLE task ADD COLUMN lane INTEGER NOT NULL DEFAULT \(Lane.normal.rank);
                    ALTER TABLE task ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
                    CREATE INDEX task_by_turn ON task (lane, tenant, next_run_at)
                        WHERE status = 'PENDING' AND held = 1 AND deleted_at IS NULL;
                    CREATE INDEX task_in_broker ON task (lane, next_run_at, tenant)
                        WHERE status = 'PENDING' AND held = 0 AND deleted_at IS NULL;
                    """)
        }
        migrator.registerMigration("8 webhooks") { database in try database.execute(sql: WebhookSchema.sql) }
        migrator.registerMigration("9 audit entries on their way") { database in
            try database.execute(
                sql: """
                    CREATE TABLE audit_outbox (
                        id TEXT PRIMARY KEY NOT NULL,
                        at INTEGER NOT NULL,
                        settled INTEGER NOT NULL,
                        document BLOB NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("10 webhook deliveries by time and by state") { database in
            try database.execute(sql: WebhookSchema.indexes)
        }
        migrator.registerMigration("11 batches") { database in try database.execute(sql: BatchRow.schema) }
        migrator.registerMigration("12 the backup that is being restored") { database in
            try database.execute(sql: "CREATE TABLE restore (only INTEGER PRIMARY KEY CHECK (only = 1), backup TEXT NOT NULL)")
        }
        migrator.registerMigration("13 webhook deliveries under way") { database in
            try database.execute(sql: WebhookSchema.indexOfLeases)
        }
        migrator.registerMigration("14 unfinished batches") { database in try database.execute(sql: BatchRow.indexOfUnfinished) }
        return migrator
    }()
}

/// A task as a row.
struct TaskRow {
    static let insert = """
        INSERT INTO task (id, tenant, status, dispatch_due, lease_until, idempotency_key, created_at, updated_at,
            started_at, completed_at, error_code, outbox_since, deleted_at, document, label, next_run_at, cancel_requested,
            uploaded_bytes, produced_bytes, lane, held, batch)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    static let update = """
        UPDATE task SET status = ?, dispatch_due = ?, lease_until = ?, updated_at = ?, started_at = ?,
            completed_at = ?, error_code = ?, outbox_since = ?, deleted_at = ?, document = ?,
            next_run_at = ?, cancel_requested = ?, produced_bytes = ?, held = ? WHERE id = ?
        """

    static func insertArguments(_ task: TaskRecord) throws -> StatementArguments {
        [
            task.id.rawValue, task.tenant.rawValue, task.status.rawValue, task.dispatch.due.microseconds,
            task.lease?.until.microseconds, task.idempotencyKey, task.createdAt.microseconds, task.updatedAt.microseconds,
            task.startedAt?.microseconds, task.completedAt?.microseconds, task.error?.code,
            task.outbox.first?.at.microseconds, task.deletedAt?.microseconds, try encode(task),
            task.label.lowercased(), task.nextRunAt.microseconds, task.cancelRequested, task.uploadedBytes, task.producedBytes,
            task.lane.rank, task.dispatch.isHeld, task.batch?.rawValue,
        ]
    }

    static func updateArguments(_ task: TaskRecord) throws -> StatementArguments {
        [
            task.status.rawValue, task.dispatch.due.microseconds, task.lease?.until.microseconds, task.updatedAt.microseconds,
            task.startedAt?.microseconds, task.completedAt?.microseconds, task.error?.code,
            task.outbox.first?.at.microseconds, task.deletedAt?.microseconds, try encode(task),
            task.nextRunAt.microseconds, task.cancelRequested, task.producedBytes, task.dispatch.isHeld, task.id.rawValue,
        ]
    }

    /// Records that all events of a task have been published. Its document still lists them; the column is authoritative.
    static let clearOutbox = "UPDATE task SET outbox_since = NULL WHERE id = ?"

    private static let encoder = JSONStreamEncoder(sortsKeys: false)
    private static let decoder = JSONDecoder()

    static func encode(_ value: some Encodable) throws -> Data { Data(try encoder.encode(value)) }

    static func decode(_ document: StoredDocument) throws -> TaskRecord {
        var task = try decoder.decode(TaskRecord.self, from: document.bytes)
        if !document.hasEvents { task.outbox = [] }
        return task
    }
}

/// The stored document of a task. Fetching it only copies its bytes.
struct StoredDocument: Sendable {
    let bytes: Data
    /// Whether there are unpublished events of the task.
    let hasEvents: Bool

    /// - Parameter clause: starts at `WHERE`.
    static func fetchAll(_ database: Database, _ clause: String, _ arguments: StatementArguments) throws -> [StoredDocument] {
        let statement = try database.cachedStatement(sql: "SELECT document, outbox_since IS NOT NULL FROM task " + clause)
        return try Row.fetchAll(statement, arguments: arguments).map { StoredDocument(bytes: try $0.value(0), hasEvents: try $0.value(1)) }
    }

    func task() throws -> TaskRecord { try TaskRow.decode(self) }
}
