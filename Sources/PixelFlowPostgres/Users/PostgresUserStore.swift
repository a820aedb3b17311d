package import Logging
package import Metrics
package import PixelFlowCore
import Synchronization

/// Users and signing keys in PostgreSQL.
///
/// Making one touches no network. The first call brings the tables up to date, so a process may start
/// before its database: until that has worked every call, `check()` included, throws with
/// `retry == .outage`.
package final class PostgresUserStore: UserStore {
    private let database: PostgresDatabase
    private let migrator: Migrator
    private let isPrepared = Atomic(false)
    private let logger: Logger

    /// - Throws: `setting_invalid` if the URL is none.
    package convenience init(
        settings: PostgresSettings, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) throws(PixelFlowError) {
        try self.init(settings: settings, migrations: UserSchema.migrations, logger: logger, metrics: metrics)
    }

    init(
        settings: PostgresSettings, migrations: [Migration], logger: Logger, metrics: any MetricsFactory
    ) throws(PixelFlowError) {
        database = try PostgresDatabase(settings, logger: logger, metrics: metrics)
        migrator = Migrator(migrations: migrations)
        self.logger = logger
    }

    /// Creates or migrates the tables if necessary. Any number of replicas may do so at the
    /// same moment.
    ///
    /// - Throws: `database_schema_newer`, which only a newer PixelFlow can resolve; otherwise errors that resolve
    ///   themselves once the server answers.
    package func prepare() async throws {
        guard !isPrepared.load(ordering: .acquiring) else { return }
        let migrator = migrator
        let made = try await database.run(.migrate) { try migrator.run(on: $0) }
        isPrepared.store(true, ordering: .releasing)
        for name in made { logger.info("database migrated", metadata: ["migration": "\(name)"]) }
    }

    /// Closes the connections; calls fail from now on.
    package func shutDown() async { await database.shutDown() }

    /// Runs `body`, perhaps twice, on tables that are up to date.
    func run<Value: Sendable>(
        _ operation: PostgresDatabase.Operation, _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await prepare()
        do {
            return try await database.run(operation, body)
        } catch let error as PixelFlowError where (error.cause as? PostgresFailure)?.isMissingTable == true {
            // Someone has put an empty database in place of the one that was prepared.
            isPrepared.store(false, ordering: .releasing)
            try await prepare()
            return try await database.run(operation, body)
        }
    }
}

extension PostgresUserStore {
    private static let insert = PostgresStatement(
        "add_user",
        """
        INSERT INTO users (id, email, password_hash, tenant, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO NOTHING
        """)
    private static let byEmail = PostgresStatement(
        "user_by_email", "SELECT id, email, password_hash, tenant, created_at FROM users WHERE email = $1")
    private static let byID = PostgresStatement(
        "user_by_id", "SELECT id, email, password_hash, tenant, created_at FROM users WHERE id = $1")
    private static let any = PostgresStatement("any_user", "SELECT 1::bigint FROM users LIMIT 1")

    package func add(_ user: User) async throws -> Bool {
        try await run(.addUser) { connection in
            let values: [PostgresValue] = [
                .text(user.id.rawValue), .text(user.email), .text(user.passwordHash), .text(user.tenant.rawValue),
                .integer(user.createdAt.microseconds),
            ]
            let added = try connection.execute(Self.insert, values)
            if added.affected == 1 { return true }
            // Perhaps it was this very user, whose first INSERT was answered into a broken connection.
            return try Self.find(Self.byEmail, user.email, connection) == user
        }
    }

    package func find(email: String) async throws -> User? {
        try await run(.findUserByEmail) { try Self.find(Self.byEmail, email, $0) }
    }

    package func find(id: UserID) async throws -> User? {
        try await run(.findUserByID) { try Self.find(Self.byID, id.rawValue, $0) }
    }

    package func check() async throws {
        try await run(.check) { _ = try $0.execute(Self.any) }
    }

    private static func find(_ statement: PostgresStatement, _ key: String, _ connection: PostgresConnection) throws -> User? {
        try connection.execute(statement, [.text(key)]).map { row in
            User(
                id: UserID(row.text(0)), email: row.text(1), passwordHash: row.text(2), tenant: TenantID(row.text(3)),
                createdAt: Timestamp(microseconds: row.integer(4)))
        }.first
    }
}
