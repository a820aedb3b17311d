import KubernetesClient
import Terminal

/// A condition and how to check it.
struct Check: Sendable {
    /// Identifies the check for programs and in the documentation.
    let anchor: String
    /// The expected condition: `the API server responds`.
    let title: String
    let verify: @Sendable (CheckContext) async throws -> Verdict

    init(_ anchor: String, _ title: String, verify: @escaping @Sendable (CheckContext) async throws -> Verdict) {
        self.anchor = anchor
        self.title = title
        self.verify = verify
    }
}

/// The result of a check.
struct Verdict: Sendable, Hashable {
    enum Result: String, Sendable, Hashable {
        case ok, warning, failed
        /// There was nothing to check.
        case skipped
    }

    let result: Result
    /// What the check observed.
    let reason: String?
    /// What can be done about it.
    let hint: String?

    static func ok(_ reason: String? = nil) -> Verdict { Verdict(result: .ok, reason: reason, hint: nil) }
    static func warning(_ reason: String, hint: String) -> Verdict { Verdict(result: .warning, reason: reason, hint: hint) }
    static func failed(_ reason: String, hint: String) -> Verdict { Verdict(result: .failed, reason: reason, hint: hint) }
    static func skipped(_ reason: String) -> Verdict { Verdict(result: .skipped, reason: reason, hint: nil) }
}

/// Checks of one topic.
struct CheckCategory: Sendable {
    let name: String
    let checks: [Check]
    /// Whether later categories are skipped if one of its checks fails.
    var isGate = false
    /// Whether its checks need the state of an installation.
    var readsInstallation = true
}

/// The data that checks use.
struct CheckContext: Sendable {
    let session: Session
    let client: ClusterClient
    /// The collected state of the installation; nil before installing.
    let status: InstallationStatus?

    var namespace: String { client.namespace }
}
