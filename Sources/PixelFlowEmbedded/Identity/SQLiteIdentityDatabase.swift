import GRDB
package import PixelFlowCore
package import PixelFlowIdentity

/// Identities in one SQLite file that only its owner can read.
///
/// Every write is synced to disk before the call returns. Several processes may share the file.
package final class SQLiteIdentityDatabase: SQLDatabase {
    private let database: DatabasePool
    private let clock: any WallClock

    /// Opens the database at `path`, creating it if necessary.
    ///
    /// - Throws: `database_schema_newer`, `database_unusable`, with the path of the file.
    package init(path: String, clock: any WallClock = SystemClock()) throws {
        self.clock = clock
        // One reader for lookups by key, which take microseconds, besides two reads of the audit log. Each connection costs memory, once
        // it is needed.
        database = try SQLiteDatabase.open(path: path, migrations: IdentityMigrations.all, readers: 3)
    }

    package func check() async throws {
        _ = try await read(.users) { try $0.execute(.anyUser, [], read: { _ in }) }
    }

    package func read<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await mappingErrors { try await database.read { try body(SQLiteConnection(database: $0)) } }
    }

    package func write<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await mappingErrors { try await database.write { try body(SQLiteConnection(database: $0)) } }
    }

    package func snapshot(_ body: @escaping @Sendable (any SQLConnection) throws -> Void) async throws {
        // A separate connection, because this may take minutes.
        try await mappingErrors {
            let deadline = SnapshotDeadline(clock)
            try await database.makeSnapshot().read { try body(SQLiteConnection(database: $0, deadline: deadline)) }
        }
    }

    private func mappingErrors<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error where error is DatabaseError || error is UniqueViolation {
            throw PixelFlowError.unavailable("database", cause: error)
        }
    }
}

private struct SQLiteConnection: SQLConnection {
    let database: Database
    /// Of a snapshot.
    var deadline: SnapshotDeadline?

    func execute(_ statement: SQLStatement, _ values: [SQLValue], read: (any SQLRow) -> Void) throws -> Int {
        try deadline?.check()
        do {
            return try run(statement, values, read)
        } catch let error as DatabaseError where error.isUniqueViolation {
            throw UniqueViolation(constraint: error.violated ?? "unknown", cause: error)
        }
    }

    private func run(_ statement: SQLStatement, _ values: [SQLValue], _ read: (any SQLRow) -> Void) throws -> Int {
        let prepared = try database.cachedStatement(sql: statement.sql)
        // SQLite treats `$1` as a name and numbers names by first occurrence.
        let named = zip(1..., values).map { ("\($0)", $1.databaseValue) }
        let arguments = StatementArguments(Dictionary(uniqueKeysWithValues: named))
        guard prepared.columnCount > 0 else {
            try prepared.execute(arguments: arguments)
            return database.changesCount
        }
        let rows = try Row.fetchCursor(prepared, arguments: arguments)
        while let row = try rows.next() { read(SQLiteRow(row: row)) }
        return 0
    }
}

extension DatabaseError {
    /// Not of a primary key that a statement handles itself.
    var isUniqueViolation: Bool { [.SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY].contains(extendedResultCode) }

    /// The columns that must be unique, from a message such as `UNIQUE constraint failed: users.email`.
    var violated: String? { message.flatMap { $0.split(separator: ": ", maxSplits: 1).dropFirst().first.map(String.init) } }
}

private struct SQLiteRow: SQLRow {
    let row: Row

    func text(_ column: Int) -> String { row[column] }
    func integer(_ column: Int) -> Int64 { row[column] }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .text(let text): text.databaseValue
        case .integer(let number): number.databaseValue
        }
    }
}
