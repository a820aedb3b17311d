import PixelFlowIdentity

/// The migrations of the identity tables.
enum IdentityMigrations {
    /// In order; the first one leads to version 1. Times are microseconds, as everywhere. Addresses and
    /// ids are compared byte by byte, regardless of the database's locale.
    static let all =
        [
            Migration(
                name: "users and signing keys",
                sql: """
                    CREATE TABLE users (
                        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
                        email TEXT COLLATE "C" NOT NULL UNIQUE,
                        password_hash TEXT NOT NULL,
                        tenant TEXT NOT NULL,
                        created_at BIGINT NOT NULL
                    );
                    CREATE TABLE signing_keys (
                        id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
                        private_key TEXT NOT NULL,
                        created_at BIGINT NOT NULL
                    );
                    """)
        ] + IdentitySchema.migrations.map { Migration(name: $0.name, sql: $0.sql) }
}

/// A migration to the next version of the tables. Once released, it is never changed.
struct Migration: Sendable {
    let name: String
    /// May consist of several statements.
    let sql: StaticString
}
