import GRDB
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowEmbedded

@Suite struct ArchiveTests {
    @Test("every table is in a backup or deliberately excluded")
    func backupContainsEveryTable() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        let tables = try await store.database.read { database in
            try String.fetchSet(
                database,
                sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'grdb_migrations' AND name NOT LIKE 'sqlite_%'")
        }
        #expect(Set(SQLiteTaskStore.archivedTables + SQLiteTaskStore.unarchivedTables) == tables)
    }

    @Test("after a restore the triggers count usage as before")
    func keepsTriggers() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        let before = try await triggers(store)
        try await store.beginRestore(of: "b1")
        await #expect(throws: PixelFlowError.self) {
            try await store.restore([ArchiveRow(table: "task", values: [.null])], of: "b1")
        }
        try await store.finishRestore(of: "b1")
        #expect(!before.isEmpty)
        #expect(try await triggers(store) == before)
    }

    @Test("two tasks of a backup with one idempotency key are a conflict")
    func refusesAnIdempotencyKeyTwice() async throws {
        let folder = try TemporaryFolder()
        var rows: [ArchiveRow] = []
        for number in 0..<2 {
            let source = try SQLiteTaskStore(path: folder.path + "/source-\(number).sqlite")
            _ = try await source.create(Sample.task(idempotencyKey: "key"))
            // bounded: by the rows of the store.
            for try await page in source.archivedRows() { rows += page.filter { $0.table == "task" } }
        }
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        try await store.beginRestore(of: "b1")
        let error = await #expect(throws: PixelFlowError.self) { try await store.restore(rows, of: "b1") }
        #expect(error?.code == "archive_row_conflict")
        #expect(error?.message.contains("idempotency_key") == true)
    }

    private func triggers(_ store: SQLiteTaskStore) async throws -> Set<String> {
        try await store.database.read { try String.fetchSet($0, sql: "SELECT sql FROM sqlite_master WHERE type = 'trigger'") }
    }
}
