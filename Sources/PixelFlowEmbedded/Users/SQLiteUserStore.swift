import GRDB
package import PixelFlowCore

/// Users and signing keys in one SQLite file that only its owner can read.
///
/// Every write is synced to the disk before the call returns. Several processes may share the file.
package final class SQLiteUserStore: UserStore {
    private let database: DatabasePool

    /// Opens the database at `path`, making it if there is none.
    ///
    /// - Throws: `database_unusable`, naming the file.
    package init(path: String) throws {
        // One reader: a look-up by key takes microseconds, and each connection costs memory.
        database = try SQLiteDatabase.open(path: path, migrations: UserSchema.migrations, readers: 1)
    }

    package func add(_ user: User) async throws -> Bool {
        try await write { database in
            try database.execute(
                sql: """
                    INSERT INTO users (id, email, password_hash, tenant, created_at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (email) DO NOTHING
                    """,
                arguments: [user.id.rawValue, user.email, user.passwordHash, user.tenant.rawValue, user.createdAt.microseconds])
            return database.changesCount == 1
        }
    }

    package func find(email: String) async throws -> User? {
        try await read { try Row.fetchOne($0, sql: "SELECT * FROM users WHERE email = ?", arguments: [email]).map(Self.user) }
    }

    package func find(id: UserID) async throws -> User? {
        try await read { try Row.fetchOne($0, sql: "SELECT * FROM users WHERE id = ?", arguments: [id.rawValue]).map(Self.user) }
    }

    package func check() async throws {
        _ = try await read { try Int.fetchOne($0, sql: "SELECT 1 FROM users LIMIT 1") }
    }

    private static func user(_ row: Row) -> User {
        User(
            id: UserID(row["id"]), email: row["email"], passwordHash: row["password_hash"], tenant: TenantID(row["tenant"]),
            createdAt: Timestamp(microseconds: row["created_at"]))
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await database.read(body)
        } catch let error as DatabaseError {
            throw PixelFlowError.unavailable("database", cause: error)
        }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await database.write(body)
        } catch let error as DatabaseError {
            throw PixelFlowError.unavailable("database", cause: error)
        }
    }
}
