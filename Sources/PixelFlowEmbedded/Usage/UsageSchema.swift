/// The tables of quotas and usage.
///
/// Triggers update the usage with the tasks, in the transaction of each change, so that no code path and no crash can make them
/// inconsistent. What a task contributes depends only on its row, so a change subtracts the old row's contribution and
/// adds that of the new row. A purged row leaves its contribution to the days behind.
enum UsageSchema {
    static let sql = """
        ALTER TABLE task ADD COLUMN uploaded_bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE task ADD COLUMN produced_bytes INTEGER NOT NULL DEFAULT 0;
        UPDATE task SET
            uploaded_bytes = coalesce(json_extract(CAST(document AS TEXT), '$.source.upload._0.bytes'), 0),
            produced_bytes = coalesce(json_extract(CAST(document AS TEXT), '$.fetchedSource.bytes'), 0) + coalesce((
                SELECT SUM(json_extract(output.value, '$.image.bytes'))
                FROM json_each(CAST(document AS TEXT), '$.outputs') AS output), 0);

        CREATE TABLE quota (tenant TEXT PRIMARY KEY NOT NULL, document BLOB NOT NULL, retention_days INTEGER) WITHOUT ROWID;
        CREATE TABLE usage_now (
            tenant TEXT PRIMARY KEY NOT NULL,
            in_flight INTEGER NOT NULL,
            bytes INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE usage_day (
            tenant TEXT NOT NULL,
            day INTEGER NOT NULL,
            created INTEGER NOT NULL DEFAULT 0,
            completed INTEGER NOT NULL DEFAULT 0,
            failed INTEGER NOT NULL DEFAULT 0,
            bytes_added INTEGER NOT NULL DEFAULT 0,
            bytes_removed INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (tenant, day)
        ) WITHOUT ROWID;
        CREATE INDEX usage_by_day ON usage_day (day);

        INSERT INTO usage_now (tenant, in_flight, bytes)
            SELECT tenant, SUM(\(isInFlight(""))), SUM(\(held(""))) FROM task GROUP BY tenant;
        INSERT INTO usage_day (tenant, day, created, bytes_added)
            SELECT tenant, created_at / \(length), COUNT(*), SUM(uploaded_bytes) FROM task WHERE true GROUP BY 1, 2;
        INSERT INTO usage_day (tenant, day, completed, failed, bytes_added)
            SELECT tenant, completed_at / \(length), SUM(status = 'COMPLETED'), SUM(status = 'FAILED'), SUM(produced_bytes)
            FROM task WHERE completed_at IS NOT NULL GROUP BY 1, 2
            \(adding(["completed", "failed", "bytes_added"]));
        INSERT INTO usage_day (tenant, day, bytes_removed)
            SELECT tenant, deleted_at / \(length), SUM(uploaded_bytes + produced_bytes)
            FROM task WHERE deleted_at IS NOT NULL GROUP BY 1, 2
            \(adding(["bytes_removed"]));

        CREATE TRIGGER task_usage_created AFTER INSERT ON task BEGIN
            INSERT INTO usage_now (tenant, in_flight, bytes) VALUES (NEW.tenant, \(isInFlight("NEW.")), \(held("NEW.")))
                ON CONFLICT DO UPDATE SET in_flight = in_flight + excluded.in_flight, bytes = bytes + excluded.bytes;
            INSERT INTO usage_day (tenant, day, created, bytes_added)
                VALUES (NEW.tenant, NEW.created_at / \(length), 1, NEW.uploaded_bytes)
                \(adding(["created", "bytes_added"]));
        END;
        CREATE TRIGGER task_usage_changed AFTER UPDATE ON task
        WHEN OLD.status <> NEW.status OR OLD.produced_bytes <> NEW.produced_bytes OR OLD.deleted_at IS NOT NEW.deleted_at BEGIN
            UPDATE usage_now SET
                in_flight = in_flight + \(isInFlight("NEW.")) - \(isInFlight("OLD.")),
                bytes = bytes + \(held("NEW.")) - \(held("OLD."))
                WHERE tenant = NEW.tenant;
            UPDATE usage_day SET
                completed = completed - (OLD.status = 'COMPLETED'), failed = failed - (OLD.status = 'FAILED'),
                bytes_added = bytes_added - OLD.produced_bytes
                WHERE OLD.completed_at IS NOT NULL AND tenant = OLD.tenant AND day = OLD.completed_at / \(length);
            INSERT INTO usage_day (tenant, day, completed, failed, bytes_added)
                SELECT NEW.tenant, NEW.completed_at / \(length), NEW.status = 'COMPLETED', NEW.status = 'FAILED', NEW.produced_bytes
                WHERE NEW.completed_at IS NOT NULL
                \(adding(["completed", "failed", "bytes_added"]));
            INSERT INTO usage_day (tenant, day, bytes_removed)
                SELECT NEW.tenant, NEW.deleted_at / \(length), NEW.uploaded_bytes + NEW.produced_bytes
                WHERE NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL
                \(adding(["bytes_removed"]));
        END;
        """

    private static let length = 86_400_000_000

    private static func isInFlight(_ row: String) -> String {
        "(\(row)deleted_at IS NULL AND \(row)status IN ('PENDING', 'PROCESSING'))"
    }

    /// The bytes that a task contributes.
    private static func held(_ row: String) -> String { "(\(row)deleted_at IS NULL) * (\(row)uploaded_bytes + \(row)produced_bytes)" }

    private static func adding(_ columns: [String]) -> String {
        "ON CONFLICT DO UPDATE SET " + columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", ")
    }
}
