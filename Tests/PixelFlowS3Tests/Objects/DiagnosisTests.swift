import PixelFlowCore
import Testing

@testable import PixelFlowS3

@Suite(.enabled(if: TestServer.isThere, TestServer.hint))
struct DiagnosisTests {
    @Test func reportsTheSetupOfTheStoreAndLeavesNothing() async throws {
        let store = try TestServer.store()
        let findings = try await store.diagnose()
        #expect(findings.map(\.name) == ["latency", "write-read", "clock", "tls"])
        #expect(findings.filter { $0.result == .failed } == [])
        // The test server has no TLS.
        #expect(findings[3].result == .warning)
        var left: [String] = []
        try await store.transport.list(prefix: store.names.prefix) { page in
            left += page.names
            return true
        }
        #expect(left == [])
    }
}
