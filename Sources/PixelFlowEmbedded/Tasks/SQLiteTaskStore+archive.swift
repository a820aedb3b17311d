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
        ArchivedRows { [database, clock] pipe in
            // A separate connection, because this may take minutes.
            try await Self.reachable {
                let deadline = SnapshotDeadline(clock)
                try await database.makeSnapshot().read { database in
                    try pipe.begin()
                    for table in Self.archivedTables { try Self.read(table, in: database, into: pipe, until: deadline) }
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
        follow(try await read { try Int64.fetchOne($0, sql: Self.latestChange) })
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

    private static func read(_ table: String, in database: Database, into pipe: ArchivePipe, until deadline: SnapshotDeadline) throws {
        let cursor = try Row.fetchCursor(database, sql: "SELECT * FROM \(table) ORDER BY \(try key(of: table, in: database))")
        var page: [ArchiveRow] = []
        while let row = try cursor.next() {
            page.append(ArchiveRow(table: table, values: try row.databaseValues.map(ArchiveValue.init)))
            guard page.count == ArchiveRow.page else { continue }
            try deadline.check()
            try pipe.send(page)
            page = []
        }
        try deadline.check()
        if !page.isEmpty { try pipe.send(page) }
    }

    private static func key(of table: String, in database: Database) throws -> String {
        try database.primaryKey(table).columns.joined(separator: ", ")
    }

    /// Keeps a row that exists from an interrupted restore, because it may have changed since.
    private static func insert(_ row: ArchiveRow, in database: Database) throws {
        guard archivedTables.contains(row.table), case let columns = try database.columns(in: row.table), columns.count == row.values.count
        else { throw PixelFlowError.archiveRowInvalid("There is no table \(row.table) with \(row.values.count) columns.") }
        try row.requireValues(of: columns)
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

extension ArchiveRow {
    /// Checks what SQLite does not, because the tables are not strict: types, and the range of numbers.
    ///
    /// - Throws: `archive_row_invalid`.
    fileprivate func requireValues(of columns: [ColumnInfo]) throws(PixelFlowError) {
        for (column, value) in zip(columns, values) {
            let location = "\(table).\(column.name)"
            switch (value, column.type) {
            case (.null, _) where !column.isNotNull: break
            case (.text, "TEXT"): break
            case (.integer(let number), "INTEGER"): try ArchiveValue.requireNumber(number, in: location)
            case (.bytes(let bytes), "BLOB"): try ArchiveValue.requireNumbers(ofDocument: bytes, in: location)
            default: throw .archiveRowInvalid("A value of \(location) is of another type: \(value.kind).")
            }
        }
        if table == "quota" { try requireQuota() }
    }

    /// The columns of `quota`: the organisation, the document, and the retention of the document.
    private func requireQuota() throws(PixelFlowError) {
        guard case .bytes(let document) = values[1], let quota = try? JSONDecoder().decode(Quota.self, from: Data(document)) else {
            throw .archiveRowInvalid("A document of quota is no quota.")
        }
        if let limit = quota.outOfRange { throw .archiveRowInvalid("\(limit.rawValue) in quota is out of range.") }
        guard values[2] == quota.retentionDays.map({ .integer(Int64($0)) }) ?? .null else {
            throw .archiveRowInvalid("retention_days in quota is not that of its document.")
        }
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
