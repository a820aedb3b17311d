import PixelFlowCore
import PixelFlowHTTP
import Testing

@Suite struct BackendProbeTests {
    private struct Backend: DiagnosableBackend {
        let kind = "Test"
        let body: @Sendable () async throws -> [BackendFinding]

        func diagnose() async throws -> [BackendFinding] { try await body() }
    }

    private struct Secret: Error { let password = "hunter2" }

    @Test func aSilentBackendIsAFinding() async {
        let silent = Backend {
            try await Task.sleep(for: .seconds(3_600))
            return []
        }
        let report = await BackendProbe("broker", silent, timeout: .milliseconds(20)).run()
        #expect(report.name == "broker" && report.kind == "Test")
        #expect(report.findings.map(\.name) == ["answer"] && report.findings.first?.result == .failed)
    }

    @Test func anOutageIsAFindingWithoutItsCause() async {
        let gone = Backend { throw PixelFlowError.unavailable("broker", cause: Secret()) }
        let report = await BackendProbe("broker", gone).run()
        #expect(report.findings.first?.reason.contains("broker_unavailable") == true)
        #expect(report.findings.first?.reason.contains("hunter2") == false)
    }

    @Test func findingsKeepTheirOrder() async {
        let backend = Backend { [.ok("a", "first", "1"), .warning("b", "second", "2", hint: "mend it")] }
        let report = await BackendProbe("x", backend).run()
        #expect(report.findings.map(\.name) == ["a", "b"] && report.findings.map(\.hint) == [nil, "mend it"])
    }
}
