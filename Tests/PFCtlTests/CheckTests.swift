import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct CheckTests {
    private static func withAPI(
        _ status: Int = 200, json: String = #"{"status":"ok"}"#, _ body: @Sendable (FakePixelFlow) async throws -> Void
    ) async throws {
        try await StubService.run("api", port: 8_080, { _ in (status, json) }) { pixelflow, _ in try await body(pixelflow) }
    }

    private static func failed(_ outcome: Outcome) throws -> [String] {
        let checks = try JSONValue(parsing: Array(outcome.output.utf8))["categories"]?.arrayValue?.flatMap {
            $0["checks"]?.arrayValue ?? []
        }
        return (checks ?? []).filter { $0["result"] == "failed" || $0["result"] == "warning" }.compactMap { $0["name"]?.stringValue }
    }

    @Test func acceptsAHealthyInstallation() async throws {
        try await Self.withAPI { pixelflow in
            let outcome = await pixelflow.pfctl("check", "--color", "never")
            #expect(outcome.status == .ok)
            #expect(outcome.output.hasSuffix("\nall checks passed\n"))
        }
    }

    @Test func namesEachProblem() async throws {
        try await Self.withAPI(503, json: #"{"status":"unavailable","checks":{"task_database":"failed","blob_store":"ok"}}"#) {
            pixelflow in
            pixelflow.cluster.setReady(pixelflow.pods(of: "web")[0], false, restarts: 9, namespace: FakePixelFlow.namespace)
            pixelflow.cluster.deny(DenialRule(verbs: ["patch"], resource: "deployments/scale"))
            pixelflow.installAutoscaler(current: 3, desired: 3, lag: "0", trouble: "no metrics returned from external metrics API")
            pixelflow.cluster.update(.persistentVolumeClaims, "data-pixelflow-s3-0", namespace: FakePixelFlow.namespace) {
                $0["status"] = ["phase": "Pending"]
            }
            let outcome = await pixelflow.pfctl("check", "-o", "json")
            #expect(outcome.status == .failed)
            let expected = ["change", "services-ready", "restarts", "volumes-bound", "autoscaler", "api-backends"]
            let foundOutcome = try Self.failed(outcome)
            #expect(foundOutcome == expected)
            #expect(outcome.output.contains("no response from task_database"))
            #expect(await pixelflow.pfctl("check", "-o", "name").output.contains("check/services-ready\n"))
        }
    }

    /// Other commands refer to this one for the missing permissions.
    @Test func namesMissingPermissionsToSeeTheInstallation() async throws {
        try await Self.withAPI { pixelflow in
            pixelflow.cluster.deny(DenialRule(verbs: ["list"], resource: "deployments"))
            let outcome = await pixelflow.pfctl("check", "-o", "json")
            #expect(outcome.status == .failed)
            let failed = try Self.failed(outcome)
            #expect(failed == ["see", "installed"])
        }
    }

    /// A proxy of a mesh that ends again and again: only its container status, among those of the init containers, says so.
    @Test func countsTheRestartsOfSidecars() async throws {
        try await Self.withAPI { pixelflow in
            let pod = pixelflow.pods(of: "web")[0]
            pixelflow.cluster.update(.pods, pod, namespace: FakePixelFlow.namespace) { object in
                object["spec"]?["initContainers"] = [["name": "setup"], ["name": "proxy", "restartPolicy": "Always"]]
                object["status"]?["initContainerStatuses"] = [
                    // A container that has ended for good is not reported.
                    ["name": "setup", "ready": true, "restartCount": 30],
                    [
                        "name": "proxy", "ready": true, "restartCount": 9,
                        "lastState": ["terminated": ["exitCode": 137, "reason": "OOMKilled"]],
                    ],
                ]
            }
            let outcome = await pixelflow.pfctl("check", "--color", "never")
            #expect(outcome.output.contains("! no pod restarts repeatedly: \(pod) 9 times, OOMKilled (exit code 137)"), "\(outcome.output)")
        }
    }

    /// The checks of a healthy installation really examine it instead of skipping what is there.
    @Test func checksTheClaimsOfEveryBackingService() async throws {
        try await Self.withAPI { pixelflow in
            #expect(await pixelflow.pfctl("check", "--color", "never").output.contains("\n✓ every volume is bound\n"))
        }
    }

    /// api stays ready and serves users; the check reports its backends.
    @Test(arguments: [("task_database", "failed"), ("blob_store", "failed"), ("broker", "warning")])
    func namesTheMissingBackendOfADegradedApi(backend: String, result: String) async throws {
        try await Self.withAPI(200, json: #"{"status":"degraded","checks":{"\#(backend)":"failed","other":"ok"}}"#) { pixelflow in
            let outcome = await pixelflow.pfctl("check", "-o", "json")
            let categories = try JSONValue(parsing: Array(outcome.output.utf8))["categories"]?.arrayValue ?? []
            let check = categories.flatMap { $0["checks"]?.arrayValue ?? [] }.first { $0["name"] == "api-backends" }
            #expect(check?["result"]?.stringValue == result)
            #expect(check?["reason"]?.stringValue == "no response from \(backend)")
        }
    }

    @Test func reportsWhetherItCanBeInstalled() async throws {
        try await FakePixelFlow.run { pixelflow in
            let bare = await pixelflow.pfctl("check", "--pre", "-n", "fresh", "-o", "json")
            #expect(bare.status == .failed)
            let foundBare = try Self.failed(bare)
            #expect(foundBare == ["namespace", "storage-class"])
            pixelflow.cluster.put(
                .storageClasses,
                [
                    "metadata": [
                        "name": "standard", "annotations": ["storageclass.kubernetes.io/is-default-class": "true"],
                    ]
                ])
            pixelflow.cluster.removeGroup("metrics.k8s.io")
            let outcome = await pixelflow.pfctl("check", "--pre", "--color", "never")
            #expect(outcome.status == .ok)
            #expect(outcome.output.hasSuffix("\nall checks passed, 1 warning\n"))
            pixelflow.cluster.deny(DenialRule(verbs: ["create"], resource: "clusterroles"))
            let denied = await pixelflow.pfctl("check", "--pre")
            #expect(denied.status == .failed)
            #expect(denied.output.contains("not allowed: create clusterroles.rbac.authorization.k8s.io"))
            // Either permission is sufficient: to bind the role, or everything that it allows.
            pixelflow.cluster.deny(DenialRule(verbs: ["bind"], resource: "clusterroles"))
            let held = await pixelflow.pfctl("check", "--pre")
            #expect(held.output.contains("✓ the roles of the chart can be granted"))
            pixelflow.cluster.deny(DenialRule(verbs: ["create"], resource: "tokenreviews"))
            #expect(await pixelflow.pfctl("check", "--pre").output.contains("✓ the roles of the chart can be granted"))
            pixelflow.cluster.deny(DenialRule(verbs: ["create"], resource: "subjectaccessreviews"))
            let neither = await pixelflow.pfctl("check", "--pre")
            #expect(neither.output.contains("✗ the roles of the chart can be granted: not allowed: the ClusterRoles of the chart"))
            pixelflow.cluster.deny(DenialRule(verbs: ["create"], resource: "rolebindings", namespace: "kube-system"))
            pixelflow.cluster.deny(DenialRule(verbs: ["create"], resource: "priorityclasses"))
            let more = await pixelflow.pfctl("check", "--pre")
            #expect(more.output.contains("create rolebindings.rbac.authorization.k8s.io in kube-system"))
            #expect(
                more.output.contains("✗ the workers' PriorityClass can be created: not allowed: create priorityclasses.scheduling.k8s.io"))
        }
    }

    @Test func stopsIfTheClusterIsUnreachable() async throws {
        try await FakePixelFlow.run { pixelflow in
            try await pixelflow.cluster.stop()
            let outcome = await pixelflow.pfctl("check", "-o", "json")
            #expect(outcome.status == .unreachable)
            let foundOutcome = try Self.failed(outcome)
            #expect(foundOutcome.first == "api-reachable")
            #expect(!outcome.output.contains("services-ready"))
        }
    }

    /// A worker without a partition has no work, so the suggested maximum never exceeds the number of partitions.
    @Test(
        arguments: [
            (maximum: 6, partitions: nil, "pfctl scale worker --max 12"), (6, 64, "pfctl scale worker --max 12"),
            (20, 24, "pfctl scale worker --max 24"), (12, 12, "kafka.partitions (12)"), (12, 10, "kafka.partitions (10)"),
        ] as [(maximum: Int, partitions: Int?, hint: String)])
    func suggestsAtMostOneWorkerPerPartition(maximum: Int, partitions: Int?, hint: String) async throws {
        try await Self.withAPI { pixelflow in
            pixelflow.setPartitions(partitions)
            pixelflow.installAutoscaler(current: maximum, desired: maximum, lag: "90", maximum: maximum)
            let outcome = await pixelflow.pfctl("check", "--color", "never")
            let lines = outcome.output.split(separator: "\n").map(String.init)
            let position = try #require(
                lines.firstIndex { $0.contains("the autoscaler is below its maximum: pixelflow-worker is at its maximum") })
            #expect(lines[position + 1].contains(hint), "\(lines[position + 1])")
        }
    }

    /// Hints link there.
    @Test func isExplainedInTheDocumentation() async throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/pfctl.md").standardized
        let headings = Set(try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("#") })
        try await Self.withAPI { pixelflow in
            for arguments in [["check"], ["check", "--pre"]] {
                let outcome = await pixelflow.pfctl(arguments + ["-o", "json"], console: nil)
                let categories = try JSONValue(parsing: Array(outcome.output.utf8))["categories"]?.arrayValue ?? []
                let names = categories.flatMap { $0["checks"]?.arrayValue ?? [] }.compactMap { $0["name"]?.stringValue }
                #expect(names.count > 5)
                for name in names { #expect(headings.contains("### \(name)"), "docs/pfctl.md has nothing about \(name)") }
            }
        }
    }

    @Test func reportsAMissingInstallation() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("check", "-n", "elsewhere")
            #expect(outcome.status == .failed)
            #expect(outcome.output.contains("✗ PixelFlow is installed: there is no PixelFlow in the namespace elsewhere"))
        }
    }
}
