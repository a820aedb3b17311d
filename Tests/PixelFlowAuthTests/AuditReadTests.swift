import Conformance
import PixelFlowCore
import Synchronization
import Testing

@testable import PixelFlowIdentity

/// Reads of a long audit log leave the database to others.
@Suite(.timeLimit(.minutes(1))) struct AuditReadTests {
    /// A database whose reads take as long as the test wants.
    private final class SlowDatabase: SQLDatabase {
        private struct NoRows: SQLConnection {
            func execute(_ statement: SQLStatement, _ values: [SQLValue], read: (any SQLRow) -> Void) throws -> Int { 0 }
        }

        private let opening = AsyncStream.makeStream(of: Void.self)
        private let counts = Mutex((running: 0, most: 0))

        var running: Int { counts.withLock { $0.running } }
        var most: Int { counts.withLock { $0.most } }

        func open() { opening.continuation.finish() }

        func read<Value: Sendable>(
            _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
        ) async throws -> Value {
            counts.withLock { counts in
                counts.running += 1
                counts.most = max(counts.most, counts.running)
            }
            defer { counts.withLock { $0.running -= 1 } }
            // bounded: by open()
            for await _ in opening.stream {}
            return try body(NoRows())
        }

        func write<Value: Sendable>(
            _ operation: IdentityOperation, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
        ) async throws -> Value {
            try body(NoRows())
        }

        func snapshot(_ body: @escaping @Sendable (any SQLConnection) throws -> Void) async throws {}
        func check() async throws {}
    }

    @Test func readsOfOneOrganisationOccupyOneConnection() async throws {
        let database = SlowDatabase()
        let store = IdentityStore(database)
        try await withThrowingTaskGroup(of: Void.self) { group in
            func read(_ organisation: String) {
                group.addTask { _ = try await store.audit(of: TenantID(organisation), before: nil, limit: 10) }
            }
            for _ in 0..<5 { read("busy") }
            try await eventually("one read of the busy organisation") { database.running == 1 && store.auditReads.waiting == 4 }
            read("quiet")
            try await eventually("that of another organisation beside it") { database.running == 2 }
            read("third")
            try await eventually("a third organisation that waits") { store.auditReads.waiting == 5 }
            database.open()
            try await group.waitForAll()
        }
        #expect(database.most == 2)
    }

    @Test func tooManyReadsOfOneOrganisationAreRefused() async throws {
        let database = SlowDatabase()
        let store = IdentityStore(database)
        await withTaskGroup(of: PixelFlowError?.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    do {
                        _ = try await store.audit(of: TenantID("busy"), before: nil, limit: 10)
                        return nil
                    } catch {
                        return error as? PixelFlowError
                    }
                }
            }
            // bounded: by the time limit of the suite
            for _ in 0..<9 { #expect(await group.next()??.code == "database_busy") }
            database.open()
            // bounded: by open()
            for await refusal in group { #expect(refusal == nil) }
        }
    }
}
