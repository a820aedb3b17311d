import Conformance
import Foundation
import GRDB
import NIOCore
import PixelFlowCore
import PixelFlowIdentity
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

    @Test("rows that are not read within an hour end, with the reason", arguments: ["tasks", "accounts"])
    func endsSlowSnapshots(name: String) async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let store: any ArchivableStore =
            if name == "tasks" {
                try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
            } else {
                IdentityStore(try SQLiteIdentityDatabase(path: folder.path + "/auth.sqlite", clock: clock))
            }
        // More pages than are read in advance.
        let rows = (0..<10 * ArchiveRow.page).map { number in
            name == "tasks"
                ? ArchiveRow(table: "preset", values: [.text("t"), .text("p-\(number)"), .bytes(Array("{}".utf8))])
                : ArchiveRow(table: "recovery_codes", values: [.text("user"), .text("hash-\(number)")])
        }
        try await store.beginRestore(of: "b1")
        try await store.restore(rows, of: "b1")
        try await store.finishRestore(of: "b1")

        var read = 0
        // bounded: by the rows of the store.
        for try await page in store.archivedRows() {
            read += page.count
            clock.advance(by: .seconds(10))
        }
        #expect(read >= rows.count)

        let error = await #expect(throws: PixelFlowError.self) {
            // bounded: by the rows of the store.
            for try await _ in store.archivedRows() { clock.advance(by: .seconds(3600)) }
        }
        #expect(error?.code == "archive_interrupted")
        #expect(error?.message.contains("within an hour") == true)
    }

    @Test("the write-ahead log shrinks when the backup that let it grow is over")
    func shrinksTheLog() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path)
        let small = SmallObjects(store: store)
        let object = ByteBuffer(repeating: 7, count: 64 * 1024)
        func write(_ objects: Range<Int>) async throws {
            for number in objects {
                try await small.write(BlobPath(object: BlobKey(rawValue: "t/a/\(number)/image")), object)
            }
        }
        func size() throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int)
        }
        var snapshot: DatabaseSnapshot? = try store.database.makeSnapshot()
        _ = try await snapshot?.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM object") }
        try await write(0..<400)
        #expect(try size() > 20 << 20)
        snapshot = nil
        try await write(400..<402)
        #expect(try size() <= 16 << 20)
    }

    private func triggers(_ store: SQLiteTaskStore) async throws -> Set<String> {
        try await store.database.read { try String.fetchSet($0, sql: "SELECT sql FROM sqlite_master WHERE type = 'trigger'") }
    }
}
