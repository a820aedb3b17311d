import Conformance
import Foundation
import MetricsTestKit
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowIdentity
import PixelFlowPostgres
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

    @Test("accounts move from SQLite to PostgreSQL and back", arguments: [true, false])
    func accountsMoveBetweenDatabases(isGrowing: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("users-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await TestDatabase.with { database in
            let file = IdentityStore(try SQLiteIdentityDatabase(path: folder + "/auth.sqlite"))
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
