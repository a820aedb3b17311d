import HTTPTypes
import Hummingbird
package import OpenAPI
package import PixelFlowCore

/// `/operator/backends`: the diagnosis of a service's backends, for operators.
///
/// Register it behind `ServiceSecretMiddleware`. Requests during a running diagnosis share its result.
package struct DiagnosisRoutes: Sendable {
    private let service: String
    private let probes: [BackendProbe]
    private let running = SingleFlight<DiagnosisReport>()

    package init(service: String, probes: [BackendProbe]) {
        self.service = service
        self.probes = probes
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/operator/backends", id: "\(service)Backends", tag: "service",
                "Read the state and the configuration of the backends",
                details: """
                    Versions, clocks, encryption, durability, replication, indexes and round trips, as this service finds them over its own \
                    connections; each backend has 10 s. For operators: the token is the service secret (`PIXELFLOW_SERVICE_SECRET`). web \
                    does not forward this route.
                    """, access: .operator, responses: [.json(DiagnosisReport.self, "What was found.")]
            ) { _, _ in try .json(try await report()) }
        ]
    }

    private func report() async throws -> DiagnosisReport {
        try await running.run { [probes] in
            let reports = await withTaskGroup(of: (Int, BackendReport).self) { group in
                for (index, probe) in probes.enumerated() { group.addTask { (index, await probe.run()) } }
                return await group.reduce(into: [Int: BackendReport]()) { $0[$1.0] = $1.1 }
            }
            return DiagnosisReport(backends: reports.sorted { $0.key < $1.key }.map(\.value))
        }
    }
}

struct DiagnosisReport: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Diagnosis"
    static let annotations: [String: SchemaAnnotation] = ["backends": "The backends of the service."]

    let backends: [BackendReport]
}

/// The diagnosis of one backend.
package struct BackendReport: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "BackendDiagnosis"
    package static let annotations: [String: SchemaAnnotation] = [
        "name": "As in `/readyz`.", "kind": "The kind of backend, such as `PostgreSQL`.", "findings": "The findings.",
    ]

    package let name: String
    package let kind: String
    package let findings: [Finding]

    package struct Finding: Codable, Sendable, SchemaNamed, SchemaAnnotated {
        package static let schemaName = "BackendFinding"
        package static let annotations: [String: SchemaAnnotation] = [
            "name": "Names what was checked; new names may be added.", "title": "The expected state.",
            "result": "`skipped` if the backend does not report it.", "reason": "What was observed.",
            "hint": "What can be done; absent if nothing has to be.",
        ]

        package let name: String
        package let title: String
        package let result: BackendFinding.Result
        package let reason: String
        package let hint: String?

        init(_ finding: BackendFinding) {
            name = finding.name
            title = finding.title
            result = finding.result
            reason = finding.reason
            hint = finding.hint
        }
    }
}
