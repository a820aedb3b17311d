/// What a backend of a service tells about itself.
public struct BackendDiagnosis: Sendable, Hashable {
    /// As in the report of readiness: `task_database`.
    public let name: String
    /// What it is: `MongoDB`.
    public let kind: String
    public let findings: [Finding]

    public struct Finding: Sendable, Hashable {
        /// Names what was looked at: `replication`.
        public let name: String
        /// The expected state.
        public let title: String
        /// `ok`, `warning`, `failed` or `skipped`; releases to come may have more.
        public let result: String
        /// What was observed.
        public let reason: String
        /// What can be done about it; nil if nothing has to be.
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
