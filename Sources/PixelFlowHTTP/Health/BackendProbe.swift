package import PixelFlowCore
import WireFormats

/// Diagnoses a backend of a service within a time limit.
package struct BackendProbe: Sendable {
    /// The name as in `/readyz`, such as `task_database`.
    package let name: String
    private let backend: any DiagnosableBackend
    private let timeout: Duration

    /// - Parameter timeout: the limit of the whole diagnosis; 10 seconds by default, which is enough for a backend with a few slow
    ///   responses.
    package init(_ name: String, _ backend: any DiagnosableBackend, timeout: Duration = .seconds(10)) {
        self.name = name
        self.backend = backend
        self.timeout = timeout
    }

    /// Never takes longer than the timeout, even if the backend ignores cancellation. A backend that does not respond is also a finding.
    package func run() async -> BackendReport {
        let findings: [BackendFinding]
        do {
            findings = try await abandoning(after: timeout, throwing: NoResponseError()) { [backend] in try await backend.diagnose() }
        } catch is NoResponseError {
            findings = [Self.silent("no response within \(timeout.milliseconds / 1_000) s")]
        } catch {
            findings = [Self.silent((error as? PixelFlowError).map { "\($0.message) (\($0.code))" } ?? "\(type(of: error))")]
        }
        return BackendReport(name: name, kind: backend.kind, findings: findings.map(BackendReport.Finding.init))
    }

    private struct NoResponseError: Error {}

    private static func silent(_ reason: String) -> BackendFinding {
        .failed("answer", "it responds", reason, hint: "is it up? the log of the service says why it cannot be reached")
    }
}
