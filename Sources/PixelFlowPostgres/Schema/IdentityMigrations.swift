import PixelFlowIdentity

/// The steps to the tables of identities.
enum IdentityMigrations {
    /// In order; the first one leads to version 1. Times are microseconds, as everywhere. Addresses and
    /// ids are compared byte by byte, whatever the locale of the database.
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

/// A step from one form of the tables to the next. Once released it is never changed.
struct Migration: Sendable {
    let name: String
    /// May be several statements.
    let sql: StaticString
}
