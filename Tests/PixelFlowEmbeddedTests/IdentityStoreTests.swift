import Conformance
import Foundation
import GRDB
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowIdentity
import Synchronization
import TestSupport
import Testing

@Suite("SQLite identity store")
struct IdentityStoreTests {
    @Test(arguments: IdentityStoreConformance.cases)
    func conforms(rule: ConformanceCase<IdentityStoreConformance>) async throws {
        try await TemporaryFolder.with { folder in
            let path = folder + "/auth.sqlite"
            try await rule.run {
                IdentityStoreConformance(store: try store(path), reopen: { try store(path) })
            }
        }
    }

    @Test(arguments: ArchivableStoreConformance.cases)
    func conformsToArchiveRules(rule: ConformanceCase<ArchivableStoreConformance>) async throws {
        try await TemporaryFolder.with { folder in
            try await rule.run { .accounts(source: try store(folder + "/auth.sqlite"), target: try store(folder + "/restored.sqlite")) }
        }
    }

    /// A database with a time limit for statements would not respond.
    @Test("rows are counted in small steps")
    func countsInSteps() async throws {
        try await TemporaryFolder.with { folder in
            let database = try SQLiteIdentityDatabase(path: folder + "/auth.sqlite")
            let store = IdentityStore(database)
            try await store.beginRestore(of: "b1")
            // More than two steps, of a table with one column in its key and of one with two.
            let resets = (0..<20_001).map { number in
                ArchiveRow(table: "password_resets", values: [.text("hash-\(number)"), .text("user"), .integer(1), .integer(2)])
            }
            let codes = (0..<10_000).map { ArchiveRow(table: "recovery_codes", values: [.text("user-\($0 / 3)"), .text("hash-\($0)")]) }
            try await store.restore(resets + codes, of: "b1")
            try await store.finishRestore(of: "b1")
            let log = StatementLog(database)
            let state = try await IdentityStore(log).archiveState()
            #expect(state == ArchiveState(rows: 30_001, isEmpty: true, restoring: nil))
            let unbounded = log.statements.filter { !$0.sql.contains("LIMIT") && !$0.sql.contains("FROM counters") }
            #expect(unbounded.map(\.sql) == [])
            #expect(log.longest <= 2, "statements in one transaction")
        }
    }

    @Test("every table and column is in a backup")
    func backsEverythingUp() async throws {
        try await TemporaryFolder.with { folder in
            _ = try store(folder + "/auth.sqlite")
            let tables = try await DatabaseQueue.beside(folder + "/auth.sqlite").read { database in
                let names = try String.fetchAll(
                    database,
                    sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'grdb_migrations' AND name NOT LIKE 'sqlite_%'")
                return try Dictionary(uniqueKeysWithValues: names.map { ($0, try database.columns(in: $0).map(\.name)) })
            }
            #expect(IdentityStore.archivedColumns == tables)
        }
    }

    @Test("only the owner can read the files")
    func filesAreReadableByTheirOwnerOnly() async throws {
        try await TemporaryFolder.with { folder in
            let store = try store(folder + "/auth.sqlite")
            _ = try await store.addFirst(SigningKeyRecord(id: "a", privateKey: "b", createdAt: Timestamp(microseconds: 0)))
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
        }
    }

    @Test("users of the first release get an organisation that they own, and keep their accounts")
    func upgradesTheFirstRelease() async throws {
        try await TemporaryFolder.with { folder in
            let path = folder + "/auth.sqlite"
            // The tables of the first release, with the record of its migrations.
            try await DatabaseQueue.beside(path).write { database in
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
                        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                        INSERT INTO grdb_migrations VALUES ('users and signing keys');
                        INSERT INTO users VALUES ('u1', 'ada@example.org', '$2b$04$hash', 't1', 1767225600123456);
                        INSERT INTO signing_keys VALUES ('k1', 'PEM', 1767225600123456);
                        """)
            }
            let store = try store(path)
            let user = try #require(try await store.user(email: "ada@example.org"))
            #expect(user.passwordHash == "$2b$04$hash")
            #expect(try await store.signingKeys().map(\.id) == ["k1"])
            let membership = try #require(try await store.memberships(of: user.id).first)
            #expect(membership.organisation.id == TenantID("t1"))
            #expect(membership.organisation.personalOf == user.id)
            #expect(membership.role == .owner)
        }
    }

    @Test("the error names an invalid path")
    func invalidPathIsNamed() async throws {
        try await TemporaryFolder.with { folder in
            try Data("not a folder".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
            let error = #expect(throws: PixelFlowError.self) { try store(folder + "/file/auth.sqlite") }
            #expect(error?.code == "database_unusable")
            #expect(error?.message.contains("/file/auth.sqlite") == true)
        }
    }

    private func store(_ path: String) throws -> IdentityStore { IdentityStore(try SQLiteIdentityDatabase(path: path)) }
}

/// Records the statements of reads.
private final class StatementLog: SQLDatabase {
    private let base: any SQLDatabase
    private let reads = Mutex<[[SQLStatement]]>([])

    init(_ base: any SQLDatabase) { self.base = base }

    var statements: [SQLStatement] { reads.withLock { $0.flatMap(\.self) } }
    /// The highest number of statements of one read.
    var longest: Int { reads.withLock { $0.map(\.count).max() ?? 0 } }

    func read<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await base.read(operation) { connection in
            let recorder = Recorder(base: connection)
            defer { self.reads.withLock { $0.append(recorder.statements) } }
            return try body(recorder)
        }
    }

    func write<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await base.write(operation, body)
    }

    func snapshot(_ body: @escaping @Sendable (any SQLConnection) throws -> Void) async throws { try await base.snapshot(body) }
    func check() async throws { try await base.check() }

    private final class Recorder: SQLConnection {
        private let base: any SQLConnection
        private(set) var statements: [SQLStatement] = []

        init(base: any SQLConnection) { self.base = base }

        func execute(_ statement: SQLStatement, _ values: [SQLValue], read: (any SQLRow) -> Void) throws -> Int {
            statements.append(statement)
            return try base.execute(statement, values, read: read)
        }
    }
}
