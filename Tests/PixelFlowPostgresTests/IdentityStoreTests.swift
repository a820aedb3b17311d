import Conformance
import Foundation
import MetricsTestKit
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowIdentity
import PixelFlowPostgres
import TestSupport
import Testing

@Suite("PostgreSQL identity store", .needsPostgres, .timeLimit(.minutes(2)))
struct IdentityStoreTests {
    @Test(arguments: IdentityStoreConformance.cases)
    func conforms(rule: ConformanceCase<IdentityStoreConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run { IdentityStoreConformance(store: try database.store(), reopen: { try database.store() }) }
        }
    }

    @Test(arguments: ArchivableStoreConformance.cases)
    func conformsToArchiveRules(rule: ConformanceCase<ArchivableStoreConformance>) async throws {
        try await TestDatabase.with { database in
            try await TestDatabase.with { other in
                try await rule.run { .accounts(source: try database.store(), target: try other.store()) }
            }
        }
    }

    /// Its pages wait for a client, which may be slow.
    @Test("a backup leaves every connection of the pool to others, and there is one at a time")
    func backsUpBesideThePool() async throws {
        try await TestDatabase.with { database in
            var settings = database.settings
            settings.poolSize = 1
            settings.waitTimeout = .milliseconds(200)
            let store = try database.store(settings)
            let rows = (0..<20 * ArchiveRow.page).map { number in
                ArchiveRow(
                    table: "password_resets",
                    values: [.text("hash-\(number)"), .text("user"), .integer(1), .integer(Timestamp.distantFuture.microseconds)])
            }
            try await store.beginRestore(of: "b1")
            try await store.restore(rows, of: "b1")
            try await store.finishRestore(of: "b1")

            let backup = store.archivedRows().makeAsyncIterator()
            // bounded: by the statement limit of the store.
            var read = try await backup.next()?.count ?? 0
            #expect(try await store.user(email: "ada@example.org") == nil)
            _ = try await store.newestRevocation()
            let other = store.archivedRows().makeAsyncIterator()
            // bounded: by the statement limit of the store.
            let refusal = await expectOutage { _ = try await other.next() }
            #expect(refusal != nil)
            // bounded: by the rows of the store.
            while let page = try await backup.next() { read += page.count }
            #expect(read == rows.count)
            #expect(try await store.archiveState().rows == rows.count)
        }
    }

    @Test("accounts move from SQLite to PostgreSQL and back", arguments: [true, false])
    func accountsMoveBetweenDatabases(isGrowing: Bool) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        try await TestDatabase.with { database in
            let file = IdentityStore(try SQLiteIdentityDatabase(path: folder.path + "/auth.sqlite"))
            let server = try database.store()
            let suite = ArchivableStoreConformance.accounts(source: isGrowing ? file : server, target: isGrowing ? server : file)
            try await #require(ArchivableStoreConformance.cases.first).run { suite }
        }
    }

    @Test("a text that the server cannot store is refused, not truncated")
    func textWithNULIsRefused() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            #expect(try await store.add(.sample("ada@example.org")))
            for text in ["ada@example.org\0", "\0"] {
                let found = await #expect(throws: PixelFlowError.self) { try await store.user(email: text) }
                #expect(found?.kind == .invalid)
                let added = await #expect(throws: PixelFlowError.self) { try await store.add(.sample(text)) }
                #expect(added?.kind == .invalid)
            }
        }
    }

    @Test("requests and connections are counted")
    func requestsAndConnectionsAreCounted() async throws {
        try await TestDatabase.with { database in
            let metrics = TestMetrics()
            let store = try database.store(metrics: metrics)
            _ = try await store.user(email: "ada@example.org")
            _ = try await store.user(email: "ada@example.org")
            let timer = try metrics.expectTimer(
                "database_request_duration_seconds", [("backend", "postgres"), ("operation", "users")])
            #expect(timer.values.count == 2)
            #expect(try metrics.expectGauge("database_pool_connections", [("backend", "postgres"), ("state", "idle")]).lastValue == 1)
            #expect(try metrics.expectGauge("database_pool_connections", [("backend", "postgres"), ("state", "busy")]).lastValue == 0)
            #expect(try metrics.expectGauge("database_pool_waiting", [("backend", "postgres")]).lastValue == 0)
        }
    }
}
