import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: ArchivableStore {
    /// The restored tables, in this order.
    static let archivedTables = [
        "quota", "usage_now", "usage_day", "preset", "webhook", "batch", "audit_outbox", "task", "webhook_delivery",
    ]
    /// Specific to the installation: small objects are archived as objects, and orphans are found again.
    static let unarchivedTables = ["object", "orphan", "installation", "restore"]
    /// Tables that have rows before anyone uses the service, or keep them after everything has been deleted.
    private static let insignificant: Set = ["usage_now", "usage_day", "audit_outbox"]

    package var archiveForm: ArchiveForm { ArchiveForm(name: "tasks in SQLite", schema: TaskSchema.migrations.migrations.count) }

    package func archiveState() async throws -> ArchiveState { try await read { try Self.archiveState(in: $0) } }

    package func restoring() async throws -> String? { try await read { try Self.restoring(in: $0) } }

    package func archivedRows() -> ArchivedRows {
        ArchivedRows { [database] pipe in
            // A separate connection, because this may take minutes.
            try await Self.reachable {
                try await database.makeSnapshot().read { database in
                    try pipe.begin()
                    for table in Self.archivedTables { try Self.read(table, in: database, into: pipe) }
                }
            }
        }
    }

    package func beginRestore(of backup: String) async throws {
        try await write(.machine) { tasks in
            let database = tasks.database
            if try Self.archiveState(in: database).requireRoom(for: backup, holding: "tasks, presets, webhooks or quotas") { return }
            try Self.withoutTriggers(database) {
                for table in Self.archivedTables { try database.execute(sql: "DELETE FROM \(table)") }
            }
            try database.execute(sql: "INSERT INTO restore (only, backup) VALUES (1, ?)", arguments: [backup])
        }
    }

    package func restore(_ rows: [ArchiveRow], of backup: String) async throws {
        try await write(.machine) { tasks in
            let database = tasks.database
            guard try Self.restoring(in: database) == backup else { throw PixelFlowError.restoreNotBegun }
            try Self.withoutTriggers(database) {
                for row in rows { try Self.insert(row, in: database) }
            }
        }
    }

    package func finishRestore(of backup: String) async throws {
        try await write(.machine) { tasks in
            try tasks.database.execute(sql: "DELETE FROM restore WHERE backup = ?", arguments: [backup])
        }
        // These rows bypass the cache, which cannot contain other states of them, but lists change.
        changes.changeAll()
    }

    private static func archiveState(in database: Database) throws -> ArchiveState {
        var (all, significant) = (0, 0)
        for table in archivedTables {
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
            all += count
            if !insignificant.contains(table) { significant += count }
        }
        return ArchiveState(rows: all, isEmpty: significant == 0, restoring: try restoring(in: database))
    }

    private static func restoring(in database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT backup FROM restore")
    }

    private static func read(_ table: String, in database: Database, into pipe: ArchivePipe) throws {
        let cursor = try Row.fetchCursor(database, sql: "SELECT * FROM \(table) ORDER BY \(try key(of: table, in: database))")
        var page: [ArchiveRow] = []
        while let row = try cursor.next() {
            page.append(ArchiveRow(table: table, values: try row.databaseValues.map(ArchiveValue.init)))
            guard page.count == ArchiveRow.page else { continue }
            try pipe.send(page)
            page = []
        }
        if !page.isEmpty { try pipe.send(page) }
    }

    private static func key(of table: String, in database: Database) throws -> String {
        try database.primaryKey(table).columns.joined(separator: ", ")
    }

    /// Keeps a row that exists from an interrupted restore, because it may have changed since.
    private static func insert(_ row: ArchiveRow, in database: Database) throws {
        guard archivedTables.contains(row.table), try database.columns(in: row.table).count == row.values.count else {
            throw PixelFlowError.archiveRowInvalid("There is no table \(row.table) with \(row.values.count) columns.")
        }
        let placeholders = Array(repeating: "?", count: row.values.count).joined(separator: ", ")
        do {
            let key = try key(of: row.table, in: database)
            try database.cachedStatement(sql: "INSERT INTO \(row.table) VALUES (\(placeholders)) ON CONFLICT (\(key)) DO NOTHING")
                .execute(arguments: StatementArguments(row.values.map(\.databaseValue)))
        } catch let error as DatabaseError where error.isUniqueViolation {
            throw PixelFlowError.archiveRowConflict(row.table, error.violated, cause: error)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw PixelFlowError.archiveRowInvalid("A row of \(row.table) is not complete.", cause: error)
        }
    }

    /// Usage is restored from its own rows: triggers would count every task a second time.
    private static func withoutTriggers(_ database: Database, _ body: () throws -> Void) throws {
        let triggers = try Row.fetchAll(database, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        for trigger in triggers { try database.execute(sql: "DROP TRIGGER \(trigger["name"] as String)") }
        try body()
        for trigger in triggers { try database.execute(sql: trigger["sql"]) }
    }
}

extension ArchiveValue {
    /// - Throws: `archive_row_invalid` for a floating-point number, which no column contains.
    fileprivate init(_ value: DatabaseValue) throws(PixelFlowError) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes(Array(data))
        case .double: throw .archiveRowInvalid("A column holds a fraction.")
        }
    }

    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        }
    }
}
