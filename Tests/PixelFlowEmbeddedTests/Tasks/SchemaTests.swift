import Conformance
import GRDB
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowEmbedded

/// Databases written by earlier versions.
@Suite struct SchemaTests {
    @Test func sourceMetadataIsReadUnderItsNewName() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path, clock: SystemClock())
        let task = Sample.task()
        _ = try await store.create(task)
        let claimed = try #require(try await store.claim(task.id, by: WorkerID("worker")))
        var manifest = Sample.manifest(of: claimed)
        // Text inside a string that looks like the field name is not changed.
        manifest.sourceMetadata.dominantColor = #"a "sourceFacts":1"#
        let done = try #require(try await store.complete(claimed.claim, with: manifest))

        let queue = try DatabaseQueue.beside(path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    UPDATE task SET document = CAST(replace(CAST(document AS TEXT), '"sourceMetadata":', '"sourceFacts":') AS BLOB);
                    DELETE FROM grdb_migrations WHERE identifier LIKE '5 %';
                    """)
        }
        try queue.close()

        let reopened = try SQLiteTaskStore(path: path, clock: SystemClock())
        let found = try #require(try await reopened.find(done.id, of: Sample.tenant))
        #expect(found.sourceMetadata == manifest.sourceMetadata)
        #expect(found == done)
    }

    /// Starts with a database from before these indexes existed.
    @Test func dueAndFailedDeliveriesAreFoundByIndexes() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        _ = try SQLiteTaskStore(path: path, clock: SystemClock())
        let queue = try DatabaseQueue.beside(path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    DROP INDEX webhook_delivery_leased; DROP INDEX webhook_delivery_by_state;
                    DELETE FROM grdb_migrations WHERE identifier LIKE '10 %' OR identifier LIKE '13 %';
                    """)
        }
        try queue.close()
        _ = try SQLiteTaskStore(path: path, clock: SystemClock())
        // An earlier connection would still use the indexes that it knows.
        let reader = try DatabaseQueue.beside(path)
        func plan(_ sql: String, _ arguments: StatementArguments) async throws -> [String] {
            try await reader.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] }
            }
        }
        let due = try await plan(WebhookRow.dueQueues, [1, 1])
        // The first queue by a scan that ends after one row, and every other by searches, whatever its length.
        #expect(
            due.filter { $0.contains("webhook_delivery") } == [
                "SCAN webhook_delivery USING COVERING INDEX webhook_delivery_by_due",
                "SEARCH webhook_delivery USING COVERING INDEX webhook_delivery_by_due (tenant=? AND endpoint>?)",
                "SEARCH webhook_delivery USING COVERING INDEX webhook_delivery_by_due (tenant>?)",
                "SEARCH webhook_delivery USING COVERING INDEX webhook_delivery_by_due (tenant=? AND endpoint=? AND due<?)",
            ])
        let underWay = try await plan(WebhookRow.underWay, ["tenant", "shop", 1])
        #expect(underWay == ["SEARCH webhook_delivery USING INDEX webhook_delivery_leased (tenant=? AND endpoint=? AND due>?)"])
        let failed = try await plan(WebhookRow.failures, ["tenant", "shop", 1, 1])
        #expect(failed == ["SEARCH webhook_delivery USING INDEX webhook_delivery_by_state (tenant=? AND endpoint=? AND state=?)"])
        try reader.close()
    }

    @Test("a database of a newer version is refused", arguments: ["tasks", "auth"])
    func refusesANewerDatabase(name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/\(name).sqlite"
        func open() throws {
            if name == "tasks" { _ = try SQLiteTaskStore(path: path) } else { _ = try SQLiteIdentityDatabase(path: path) }
        }
        try open()
        let queue = try DatabaseQueue.beside(path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of a newer version')") }
        try queue.close()
        let error = #expect(throws: PixelFlowError.self) { try open() }
        #expect(error?.code == "database_schema_newer")
        #expect(error?.message.contains(path) == true)
        #expect(error?.message.contains("99 of a newer version") == true)
    }

    /// Without reading every change.
    @Test func theLatestChangeIsFoundByAnIndex() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        _ = try SQLiteTaskStore(path: path)
        let plan = try DatabaseQueue.beside(path).read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + SQLiteTaskStore.latestChange).map { $0["detail"] as String }
        }
        #expect(
            plan.filter { $0.contains(" task") } == [
                "SEARCH task USING COVERING INDEX task_by_change",
                "SEARCH task USING COVERING INDEX task_by_change (tenant>?)",
                "SEARCH task USING COVERING INDEX task_by_change (tenant=?)",
            ])
    }

    @Test func theUsageOfEarlierTasksIsCounted() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path, clock: SystemClock())
        for end in 0..<4 {
            let task = Sample.task()
            _ = try await store.create(task)
            if end == 0 { continue }
            let claimed = try #require(try await store.claim(task.id, by: WorkerID("worker")))
            if end == 1 { continue }
            _ = try await store.complete(claimed.claim, with: Sample.manifest(of: claimed))
            if end == 2 { continue }
            _ = try await store.delete(task.id, of: Sample.tenant)
        }
        let counted = try await store.usage(of: Sample.tenant)
        #expect(counted.now == Consumption(tasksThisMonth: 4, tasksInFlight: 2, bytesStored: 1))

        let queue = try DatabaseQueue.beside(path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    DROP TRIGGER task_usage_created; DROP TRIGGER task_usage_changed;
                    DROP TABLE usage_now; DROP TABLE usage_day; DROP TABLE quota;
                    ALTER TABLE task DROP COLUMN uploaded_bytes; ALTER TABLE task DROP COLUMN produced_bytes;
                    DELETE FROM grdb_migrations WHERE identifier LIKE '6 %';
                    """)
        }
        try queue.close()

        let reopened = try SQLiteTaskStore(path: path, clock: SystemClock())
        #expect(try await reopened.usage(of: Sample.tenant) == counted)
    }
}
