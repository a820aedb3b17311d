import PixelFlowCore
import PixelFlowIdentity

/// Migrates a database to the latest version, even if many replicas try simultaneously.
struct Migrator: Sendable {
    /// Identifies the advisory lock; any number that nothing else in the database uses. It spells "pixelflo".
    private static let lock: Int64 = 0x7069_7865_6c66_6c6f
    /// The time limit for each statement, and for waiting for another replica.
    private static let limit = Duration.seconds(60)

    private static let findTable = SQLStatement("find_versions", "SELECT (to_regclass('schema_migrations') IS NOT NULL)::int::bigint")
    private static let newest = SQLStatement("newest_version", "SELECT coalesce(max(version), 0)::bigint FROM schema_migrations")
    private static let lockSchema = SQLStatement("lock_schema", "SELECT pg_advisory_xact_lock($1)")
    private static let record = SQLStatement("record_version", "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)")

    let migrations: [Migration]

    /// - Returns: the names of the applied migrations.
    /// - Throws: `database_schema_newer` if a newer PixelFlow has migrated the database, and `PostgresError`.
    func run(on connection: PostgresConnection) throws -> [String] {
        // Check first: once the tables exist, the role of a service need not have the right to create them.
        if try hasVersionTable(connection), try version(connection) == migrations.count { return [] }
        return try connection.transaction(within: Self.limit) {
            // Held until the end of the transaction, even if the connection is lost.
            try connection.execute(Self.lockSchema, [.integer(Self.lock)], within: Self.limit)
            // Without a lookup before: the server caches that the name is missing, and this outlives the wait for the lock.
            try makeVersionTable(connection)
            let present = try version(connection)
            let pending = migrations.dropFirst(present)
            for (number, migration) in zip((present + 1)..., pending) {
                try connection.execute(script: migration.sql, within: Self.limit)
                try connection.execute(Self.record, [.integer(Int64(number)), .text(migration.name)])
            }
            return pending.map(\.name)
        }
    }

    private func hasVersionTable(_ connection: PostgresConnection) throws -> Bool {
        try connection.execute(Self.findTable).map { $0.integer(0) } == [1]
    }

    private func version(_ connection: PostgresConnection) throws -> Int {
        let version = Int(try connection.execute(Self.newest).map { $0.integer(0) }.first ?? 0)
        guard version <= migrations.count else {
            throw PixelFlowError(
                .unavailable, code: "database_schema_newer",
                "The database schema has version \(version), but this PixelFlow supports versions up to \(migrations.count). "
                    + "Upgrade PixelFlow.",
                retry: .outage)
        }
        return version
    }

    private func makeVersionTable(_ connection: PostgresConnection) throws {
        try connection.execute(
            script: """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version BIGINT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL,
                    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
                )
                """)
    }
}
