package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowIdentity
package import PixelFlowIdentity
import Synchronization

/// Identities in PostgreSQL.
///
/// Creating it does not use the network. The first call migrates the tables, so a process may start
/// before its database: until the migration has succeeded, every call, including `check()`, throws with
/// `retry == .outage`.
package final class PostgresIdentityDatabase: SQLDatabase {
    private let database: PostgresDatabase
    let migrator: Migrator
    private let isPrepared = Atomic(false)
    private let logger: Logger

    /// - Throws: `setting_invalid` if the URL is invalid.
    package convenience init(
        settings: PostgresSettings, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) throws(PixelFlowError) {
        try self.init(settings: settings, migrations: IdentityMigrations.all, logger: logger, metrics: metrics)
    }

    init(
        settings: PostgresSettings, migrations: [Migration], logger: Logger, metrics: any MetricsFactory
    ) throws(PixelFlowError) {
        database = try PostgresDatabase(settings, logger: logger, metrics: metrics)
        migrator = Migrator(migrations: migrations)
        self.logger = logger
    }

    /// Creates or migrates the tables if necessary. Any number of replicas may do so
    /// simultaneously.
    ///
    /// - Throws: `database_schema_newer`, which only a newer PixelFlow can resolve; otherwise errors that resolve
    ///   themselves once the server responds.
    package func prepare() async throws {
        guard !isPrepared.load(ordering: .acquiring) else { return }
        let migrator = migrator
        let made = try await database.run(.migrate) { try migrator.run(on: $0) }
        isPrepared.store(true, ordering: .releasing)
        for name in made { logger.info("database migrated", metadata: ["migration": "\(name)"]) }
    }

    /// Closes the connections; calls fail from now on.
    package func shutDown() async { await database.shutDown() }

    /// Runs `body`, possibly twice, on migrated tables.
    func run<Value: Sendable>(
        _ operation: PostgresDatabase.Operation, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await prepare()
        do {
            return try await database.run(operation, body)
        } catch let error as PixelFlowError where (error.cause as? PostgresError)?.isMissingTable == true {
            // The prepared database has been replaced with an empty one.
            isPrepared.store(false, ordering: .releasing)
            try await prepare()
            return try await database.run(operation, body)
        } catch let violation as UniqueViolation {
            throw PixelFlowError.unavailable("database", cause: violation)
        }
    }
}

extension PostgresIdentityDatabase {
    package func check() async throws {
        try await run(.check) { _ = try $0.execute(.anyUser) }
    }

    package func read<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        // Without a transaction, which would cost two round trips: each statement sees a consistent state.
        try await run(.identity(operation), body)
    }

    package func write<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await run(.identity(operation)) { connection in try connection.transaction { try body(connection) } }
    }

    package func snapshot(_ body: @escaping @Sendable (any SQLConnection) throws -> Void) async throws {
        try await prepare()
        try await database.runApart(.identity(.archive)) { connection in
            let deadline = ContinuousClock.now + ArchivedRows.snapshotLimit
            try connection.transaction(begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
                try body(SnapshotConnection(base: connection, deadline: deadline))
            }
        }
    }
}

/// A connection that runs statements until a deadline.
private struct SnapshotConnection: SQLConnection {
    let base: PostgresConnection
    let deadline: ContinuousClock.Instant

    func execute(_ statement: SQLStatement, _ values: [SQLValue], read: (any SQLRow) -> Void) throws -> Int {
        guard ContinuousClock.now < deadline else { throw PixelFlowError.archiveTooSlow }
        return try base.execute(statement, values, read: read)
    }
}

extension PostgresConnection: SQLConnection {
    func execute(_ statement: SQLStatement, _ values: [SQLValue], read: (any SQLRow) -> Void) throws -> Int {
        do {
            let result = try execute(statement, values)
            _ = result.map { read($0) }
            return result.affected
        } catch let error as PostgresError where error.isUniqueViolation {
            throw UniqueViolation(constraint: error.constraint ?? "unknown", cause: error)
        }
    }
}
