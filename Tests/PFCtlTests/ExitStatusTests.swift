import FakeKubernetes
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import Testing
import WireFormats

/// All exit statuses, which must not depend on the format.
@Suite(.serialized) struct ExitStatusTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: Terminal.ExitStatus
        let arguments: [String]
        let environment: [String: String]
        let prepare: @Sendable (FakePixelFlow) async throws -> Void

        var testDescription: String { "\(status) \(arguments.joined(separator: " "))" }

        init(
            _ status: Terminal.ExitStatus, _ arguments: String..., environment: [String: String] = ["PFCTL_TOKEN": "good"],
            prepare: @escaping @Sendable (FakePixelFlow) async throws -> Void = { _ in }
        ) {
            self.status = status
            self.arguments = arguments
            self.environment = environment
            self.prepare = prepare
        }
    }

    private static func pending(_ pixelflow: FakePixelFlow) {
        pixelflow.cluster.update(.persistentVolumeClaims, "data-pixelflow-s3-0", namespace: FakePixelFlow.namespace) {
            $0["status"] = ["phase": "Pending"]
        }
    }

    static let cases: [Case] = [
        Case(.ok, "status"),
        Case(.ok, "check"),
        Case(.ok, "lag"),
        Case(.ok, "tasks", "ls"),
        Case(.failed, "scale", "wroker", "--replicas", "4"),
        Case(.failed, "scale", "api", "--replicas", "4", "--current-replicas", "9"),
        Case(.failed, "rollout", "resume", "api"),
        Case(.failed, "rollout", "history", "api", "--revision", "9"),
        Case(.failed, "dlq", "show", "019706d2-7c3e-7000-8000-00000000000a"),
        Case(.failed, "check", prepare: pending),
        Case(.failed, "status", "-n", "elsewhere"),
        Case(.failed, "top") { $0.cluster.removeGroup("metrics.k8s.io") },
        Case(.usage, "scale", "worker"),
        Case(.usage, "status", "--context", "other"),
        Case(.usage, "tasks", "ls", "--limit", "-1"),
        Case(.degraded, "status") { pixelflow in
            pixelflow.cluster.setReady(pixelflow.pods(of: "web")[0], false, namespace: FakePixelFlow.namespace)
        },
        Case(.degraded, "lag", "--sample", "0") { pixelflow in
            let gone = pixelflow.pods(of: "worker")[0]
            pixelflow.cluster.refuse(pod: gone, port: 8_081, namespace: FakePixelFlow.namespace, message: "connection refused")
        },
        Case(.timedOut, "scale", "api", "--replicas", "4", "--wait", "--timeout", "100ms"),
        Case(.timedOut, "rollout", "restart", "api", "--wait", "--timeout", "100ms"),
        Case(.timedOut, "rollout", "status", "web", "--timeout", "100ms") { pixelflow in
            pixelflow.cluster.update(.deployments, "pixelflow-web", namespace: FakePixelFlow.namespace) { $0["spec"]?["replicas"] = 5 }
        },
        Case(.timedOut, "events", "--request-timeout", "500ms") { $0.cluster.fail(FakeClusterFault(.hang, path: "/events", count: 1)) },
        Case(.unreachable, "status") { $0.cluster.deny(DenialRule(resource: "deployments")) },
        Case(.unreachable, "scale", "api", "--replicas", "4") { $0.cluster.deny(DenialRule(verbs: ["patch"])) },
        Case(.unreachable, "check") { try await $0.cluster.stop() },
        Case(.unreachable, "version") { try await $0.cluster.stop() },
        Case(.unreachable, "tasks", "ls", environment: ["HOME": "/nowhere"]),
    ]

    @Test(arguments: cases, ["table", "json"]) func isTheSameInEachFormat(example: Case, format: String) async throws {
        try await Scenario.run(isHealthy: true) { pixelflow in
            try await example.prepare(pixelflow)
            let outcome = await pixelflow.pfctl(example.arguments + ["-o", format], console: nil, environment: example.environment)
            #expect(outcome.status == example.status, "\(outcome.output)\(outcome.errors)")
            if format == "json", !outcome.output.isEmpty { _ = try JSONValue(parsing: Array(outcome.output.utf8)) }
        }
    }

    @Test func hasACaseForEach() {
        #expect(Set(Self.cases.map(\.status)) == Set(Terminal.ExitStatus.allCases))
    }
}
