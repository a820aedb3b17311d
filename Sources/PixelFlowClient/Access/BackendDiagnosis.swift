/// The configuration of a backend as a service has found it.
public struct BackendDiagnosis: Sendable, Hashable {
    /// As in the readiness report: `task_database`.
    public let name: String
    /// The product: `MongoDB`.
    public let kind: String
    public let findings: [Finding]

    public struct Finding: Sendable, Hashable {
        /// Identifies the check: `replication`.
        public let name: String
        /// The expected state.
        public let title: String
        /// `ok`, `warning`, `failed` or `skipped`; later releases may add others.
        public let result: String
        /// What was observed.
        public let reason: String
        /// How to fix it; nil if no action is needed.
        public let hint: String?
    }

    init(_ fields: Fields) throws {
        name = try fields.text("name")
        kind = try fields.text("kind")
        findings = try fields.list("findings") { finding in
            Finding(
                name: try finding.text("name"), title: try finding.text("title"), result: try finding.text("result"),
                reason: try finding.text("reason"), hint: finding.json["hint"]?.stringValue)
        }
    }
}
