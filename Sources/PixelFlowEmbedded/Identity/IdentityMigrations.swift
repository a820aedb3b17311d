import GRDB
import PixelFlowIdentity

/// The migrations of the auth database. A released migration is never changed.
enum IdentityMigrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("users and signing keys") { database in
            try database.execute(
                sql: """
                    CREATE TABLE users (
                        id TEXT NOT NULL PRIMARY KEY,
                        email TEXT NOT NULL UNIQUE,
                        password_hash TEXT NOT NULL,
                        tenant TEXT NOT NULL,
                        created_at INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE signing_keys (
                        id TEXT NOT NULL PRIMARY KEY,
                        private_key TEXT NOT NULL,
                        created_at INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        for migration in IdentitySchema.migrations {
            migrator.registerMigration(migration.name) { database in
                let sql = migration.sql.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
                // Strict tables use another name for 64-bit integers.
                try database.execute(sql: sql.replacing("BIGINT", with: "INTEGER"))
            }
        }
        return migrator
    }
}
