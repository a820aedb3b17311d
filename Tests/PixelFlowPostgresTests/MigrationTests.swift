import PixelFlowCore
import PixelFlowIdentity
import Testing

@testable import PixelFlowPostgres

@Suite("PostgreSQL migrations", .needsPostgres, .timeLimit(.minutes(1)))
struct MigrationTests {
    @Test("replicas that start simultaneously create the tables once")
    func concurrentReplicasMigrateOnce() async throws {
        try await TestDatabase.with { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    let store = try database.open()
                    group.addTask { try await store.prepare() }
                }
                try await group.waitForAll()
            }
            #expect(try await database.count(Self.versions) == IdentityMigrations.all.count)
        }
    }

    @Test("a newer version adds to the schema; the older version keeps working")
    func newerVersionExtendsTheSchema() async throws {
        try await TestDatabase.with { database in
            let old = try database.store()
            #expect(try await old.add(.sample("ada@example.org")))
            let next = Migration(name: "nicknames", sql: "ALTER TABLE users ADD COLUMN nickname TEXT")
            let new = try database.store(migrations: IdentityMigrations.all + [next])
            #expect(try await new.user(email: "ada@example.org") != nil)
            #expect(try await new.add(.sample("bob@example.org")))
            #expect(try await old.user(email: "bob@example.org") != nil)
            #expect(try await old.add(.sample("eve@example.org")))
            #expect(try await database.count(Self.versions) == IdentityMigrations.all.count + 1)
        }
    }

    @Test("users of the first release get an organisation that they own, and keep their accounts")
    func upgradesTheFirstRelease() async throws {
        try await TestDatabase.with { database in
            try await database.open(migrations: Array(IdentityMigrations.all.prefix(1))).prepare()
            let user = User.sample("ada@example.org")
            try await database.administrator.withConnection { connection in
                let values: [SQLValue] = [
                    .text(user.id.rawValue), .text(user.email), .text(user.passwordHash), .text(user.tenant.rawValue),
                    .integer(user.createdAt.microseconds),
                ]
                try connection.execute(Self.insertOfTheFirstRelease, values)
            }
            let store = try database.store()
            #expect(try await store.user(email: user.email) == user)
            let membership = try #require(try await store.memberships(of: user.id).first)
            #expect(membership.organisation.id == user.tenant)
            #expect(membership.organisation.personalOf == user.id)
            #expect(membership.role == .owner)
            #expect(try await store.add(.sample("bob@example.org")))
        }
    }

    private static let insertOfTheFirstRelease = SQLStatement(
        "insert_of_first_release", "INSERT INTO users (id, email, password_hash, tenant, created_at) VALUES ($1, $2, $3, $4, $5)")

    @Test("tables of an unknown version are left alone")
    func unknownSchemaIsNotTouched() async throws {
        try await TestDatabase.with { database in
            let next = Migration(name: "from the future", sql: "ALTER TABLE users ADD COLUMN nickname TEXT")
            try await database.open(migrations: IdentityMigrations.all + [next]).prepare()
            let old = try database.store()
            let error = await #expect(throws: PixelFlowError.self) { try await old.check() }
            #expect(error?.code == "database_schema_newer")
            #expect(error?.message.contains("version \(IdentityMigrations.all.count + 1)") == true)
        }
    }

    @Test("a failed migration leaves nothing behind")
    func failedMigrationIsRolledBack() async throws {
        try await TestDatabase.with { database in
            let broken = Migration(name: "broken", sql: "CREATE TABLE half (id TEXT); SELECT 1/0")
            let store = try database.open(migrations: IdentityMigrations.all + [broken])
            _ = await #expect(throws: PixelFlowError.self) { try await store.prepare() }
            #expect(try await database.count(Self.tables) == 0)
            try await database.store().check()
        }
    }

    @Test("missing tables are recreated without a restart")
    func missingTablesAreRecreated() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            #expect(try await store.add(.sample("ada@example.org")))
            try await database.administrator.withConnection {
                try $0.execute(
                    script: """
                        DO $$ DECLARE name text; BEGIN
                            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
                                EXECUTE format('DROP TABLE %I CASCADE', name);
                            END LOOP;
                        END $$
                        """)
            }
            #expect(try await store.user(email: "ada@example.org") == nil)
            #expect(try await store.add(.sample("ada@example.org")))
        }
    }

    private static let versions = SQLStatement("versions", "SELECT count(*) FROM schema_migrations")
    private static let tables = SQLStatement(
        "tables", "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()")
}
