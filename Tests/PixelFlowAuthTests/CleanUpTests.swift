import Conformance
import PixelFlowCore
import PixelFlowIdentity
import Synchronization
import Testing

@Suite("Deletion of expired data")
struct CleanUpTests {
    private static let old = Timestamp(microseconds: 1_767_225_600_000_000)

    private func entries(_ count: Int) -> [AuditEntry] {
        (0..<count).map { number in
            AuditEntry(
                id: UUIDv7.make(at: Self.old + .milliseconds(number)), organisation: TenantID("t"), at: Self.old, actor: "", actorName: "",
                action: .signedIn, address: "192.0.2.1", requestID: "r")
        }
    }

    private func cleanUp(_ store: IdentityStore) async throws {
        try await store.cleanUp(at: Self.old + .seconds(100), auditAge: .seconds(10), tokenLifetime: .seconds(10))
    }

    @Test("no transaction deletes more than one batch")
    func deletesInBatches() async throws {
        let harness = try AuthHarness()
        let store = try harness.store()
        let count = 2 * IdentityStore.cleanUpBatch + 1
        _ = try await store.append(entries(count), mailingFor: nil, at: Self.old)
        let bounded = BoundedDatabase(store.database, rows: IdentityStore.cleanUpBatch)
        try await cleanUp(IdentityStore(bounded))
        #expect(try await store.audit(of: TenantID("t"), before: nil, limit: 10) == [])
    }

    @Test("a failed deletion is reported and does not prevent the others")
    func failedDeletionDoesNotStopOthers() async throws {
        let harness = try AuthHarness()
        let store = try harness.store()
        _ = try await store.append(entries(10), mailingFor: nil, at: Self.old)
        try await store.queue(
            QueuedMail(id: UUIDv7.make(), kind: .verification, recipient: "a@example.org", createdAt: Self.old, expiresAt: Self.old))
        let broken = BoundedDatabase(store.database, rows: 100, failing: "clean_mail")
        await #expect(throws: PixelFlowError.self) { try await cleanUp(IdentityStore(broken)) }
        #expect(try await store.audit(of: TenantID("t"), before: nil, limit: 10) == [])
        #expect(try await store.mailBacklog() == 1)
        try await cleanUp(store)
        #expect(try await store.mailBacklog() == 0)
    }
}

/// A database that fails for transactions that change too many rows, like one with a time limit, and for one statement.
private struct BoundedDatabase: SQLDatabase {
    private let base: any SQLDatabase
    private let limit: Int
    private let failing: String?

    init(_ base: any SQLDatabase, rows limit: Int, failing: String? = nil) {
        self.base = base
        self.limit = limit
        self.failing = failing
    }

    func write<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await base.write(operation) { try body(Connection(base: $0, limit: limit, failing: failing)) }
    }

    func read<Value: Sendable>(
        _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await base.read(operation, body)
    }

    func snapshot(_ body: @escaping @Sendable (any SQLConnection) throws -> Void) async throws { try await base.snapshot(body) }

    func check() async throws { try await base.check() }

    private final class Connection: SQLConnection {
        private let base: any SQLConnection
        private let limit: Int
        private let failing: String?
        private var changed = 0

        init(base: any SQLConnection, limit: Int, failing: String?) {
            self.base = base
            self.limit = limit
            self.failing = failing
        }

        func execute(_ statement: SQLStatement, _ values: [SQLValue], read: (any SQLRow) -> Void) throws -> Int {
            let count = try base.execute(statement, values, read: read)
            changed += count
            if changed > limit || statement.name == failing { throw PixelFlowError.unavailable("database") }
            return count
        }
    }
}
