import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowRedis

@Suite(.enabled(if: TestServer.executable != nil, "needs PIXELFLOW_TEST_REDIS_SERVER, see scripts/stack"))
struct DiagnosisTests {
    @Test func reportsTheSetupOfTheServer() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let findings = try await client.diagnose()
                #expect(findings.map(\.name) == ["latency", "version", "memory", "clock", "tls"])
                #expect(findings[1].result == .ok && findings[2].result == .ok && findings[3].result == .ok)
                _ = try await client.send("CONFIG", "SET", "maxmemory", "100mb")
                let full = try await client.diagnose()[2]
                #expect(full.result == .warning && full.reason == "100 MiB, noeviction")
            }
        }
    }

    @Test func anOutageIsThrown() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                try await server.process.stop()
                await #expect(throws: PixelFlowError.self) { try await client.diagnose() }
            }
        }
    }
}
