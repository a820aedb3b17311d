import PixelFlowCore
import PixelFlowIdentity
import Testing

@testable import PixelFlowPostgres

@Suite(.needsPostgres) struct DiagnosisTests {
    @Test func reportsTheSetupOfTheServer() async throws {
        try await TestDatabase.with { database in
            let findings = try await database.open().diagnose()
            #expect(findings.map(\.name) == ["latency", "version", "durability", "primary", "tls", "clock", "connections", "indexes"])
            // The test server may run without fsync.
            #expect(findings.filter { $0.result == .failed && $0.name != "durability" } == [])
            #expect(findings.last?.reason == "\(IndexNames.made(by: IdentityMigrations.all).count)")
        }
    }

    @Test func aMissingIndexIsNamed() async throws {
        try await TestDatabase.with { database in
            let store = try database.open()
            try await store.prepare()
            try await database.administrator.withConnection { try $0.execute(script: "DROP INDEX sessions_by_expiry") }
            let finding = try #require(try await store.diagnose().last)
            #expect(finding.result == .failed && finding.reason == "missing: sessions_by_expiry")
        }
    }

    @Test func theNamesOfIndexesComeFromTheMigrations() {
        let migrations = [
            Migration(name: "a", sql: "CREATE TABLE t (a INT); CREATE INDEX one ON t (a); CREATE UNIQUE INDEX IF NOT EXISTS two ON t(a);"),
            Migration(name: "b", sql: "DROP INDEX IF EXISTS one; CREATE INDEX three ON t(a)"),
        ]
        #expect(IndexNames.made(by: migrations) == ["two", "three"])
        #expect(IndexNames.made(by: IdentityMigrations.all).contains("audit_log_by_time"))
    }
}
