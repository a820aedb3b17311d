import FaultProxy
import PixelFlowCore
import PixelFlowMongo
import Testing

@Suite(.enabled(if: TestServer.isThere, TestServer.absence))
struct DiagnosisTests {
    @Test func reportsTheSetupOfTheServer() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            // The first command does not create the indexes that only improve performance.
            let before = try await store.diagnose()
            #expect(before.first { $0.name == "indexes" }?.result == .failed)
            try await store.buildIndexes { Issue.record("\($0)") }
            let findings = try await store.diagnose()
            #expect(
                findings.map(\.name) == ["latency", "durable-write", "version", "replication", "tls", "clock", "indexes", "space"])
            #expect(findings.filter { $0.result == .failed } == [])
            #expect(findings.first { $0.name == "indexes" }?.result == .ok)
            #expect(findings.first { $0.name == "clock" }?.result == .ok)
        }
    }

    @Test func anOutageIsThrown() async throws {
        try await TestProxy.with(timeout: .seconds(1)) { proxy, store, _ in
            try await store.check()
            try await proxy.refuseConnections()
            await proxy.cutConnections()
            await #expect(throws: PixelFlowError.self) { try await store.diagnose() }
        }
    }
}
