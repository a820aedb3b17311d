import FakeKubernetes
import KubernetesClient
import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct WorkerRoomTests {
    private static func withAPI(_ body: @Sendable (FakePixelFlow) async throws -> Void) async throws {
        try await StubService.run("api", port: 8_080, { _ in (200, #"{"status":"ok"}"#) }) { pixelflow, _ in
            pixelflow.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) { object in
                var containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
                containers[0]["resources"] = ["requests": ["cpu": "250m", "memory": "256Mi"]]
                object["spec"]?["template"]?["spec"]?["containers"] = .array(containers)
            }
            pixelflow.cluster.completeRollout("pixelflow-worker", namespace: FakePixelFlow.namespace)
            try await body(pixelflow)
        }
    }

    private static func addNode(_ name: String, cpu: String, memory: String = "16Gi", spec: JSONValue = [:], to pixelflow: FakePixelFlow) {
        pixelflow.cluster.put(
            .nodes,
            [
                "metadata": ["name": .string(name), "labels": ["disk": "fast"]], "spec": spec,
                "status": ["allocatable": ["cpu": .string(cpu), "memory": .string(memory), "pods": "110"]],
            ])
    }

    private static func line(_ pixelflow: FakePixelFlow) async throws -> String {
        let outcome = await pixelflow.pfctl("check", "--color", "never")
        return try #require(outcome.output.split(separator: "\n").map(String.init).first { $0.contains("the nodes have room") })
    }

    @Test func acceptsEnoughNodes() async throws {
        try await Self.withAPI { pixelflow in
            Self.addNode("large", cpu: "8", to: pixelflow)
            let line1 = try await Self.line(pixelflow)
            #expect(line1 == "✓ the nodes have room for every worker: 20 of 20")
        }
    }

    @Test func countsRunningPods() async throws {
        try await Self.withAPI { pixelflow in
            Self.addNode("a", cpu: "2", to: pixelflow)
            Self.addNode("b", cpu: "1", memory: "512Mi", to: pixelflow)
            pixelflow.cluster.put(
                .pods,
                [
                    "metadata": ["name": "neighbour"],
                    "spec": ["nodeName": "a", "containers": [["name": "x", "resources": ["requests": ["cpu": "600m"]]]]],
                    "status": ["phase": "Running"],
                ])
            let outcome = await pixelflow.pfctl("check")
            #expect(outcome.status == .ok, "a warning is no failure: \(outcome.output)")
            // 1.4 cores are sufficient for five workers, but half a GiB only for two.
            let line2 = try await Self.line(pixelflow)
            #expect(line2 == "! the nodes have room for every worker: 7 of 20, by what they request")
        }
    }

    @Test func skipsNodesThatAcceptNoWorkers() async throws {
        try await Self.withAPI { pixelflow in
            Self.addNode("cordoned", cpu: "64", spec: ["unschedulable": true], to: pixelflow)
            let line3 = try await Self.line(pixelflow)
            #expect(line3.contains("no node takes pods"))
            Self.addNode("tainted", cpu: "64", spec: ["taints": [["key": "gpu", "effect": "NoSchedule"]]], to: pixelflow)
            Self.addNode("small", cpu: "500m", to: pixelflow)
            let line4 = try await Self.line(pixelflow)
            #expect(line4.contains("2 of 20"))
            pixelflow.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) {
                $0["spec"]?["template"]?["spec"]?["tolerations"] = [["key": "gpu", "operator": "Exists"]]
            }
            let line5 = try await Self.line(pixelflow)
            #expect(line5.contains("20 of 20"))
            pixelflow.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) {
                $0["spec"]?["template"]?["spec"]?["nodeSelector"] = ["disk": "slow"]
            }
            let line6 = try await Self.line(pixelflow)
            #expect(line6.contains("0 of 20"))
        }
    }

    private static func put(_ name: String, on node: String, _ spec: JSONValue, to pixelflow: FakePixelFlow) {
        var spec = spec
        spec["nodeName"] = .string(node)
        pixelflow.cluster.put(.pods, ["metadata": ["name": .string(name)], "spec": spec, "status": ["phase": "Running"]])
    }

    private static func container(_ name: String, cpu: String, restartPolicy: String? = nil) -> JSONValue {
        var container: JSONValue = ["name": .string(name), "resources": ["requests": ["cpu": .string(cpu)]]]
        container["restartPolicy"] = restartPolicy.map { .string($0) }
        return container
    }

    private static let neighbours: [(JSONValue, Int)] = [
        // A sidecar runs next to the containers: 1.1 of 2 cores are taken, three workers of 250m fit.
        (
            [
                "initContainers": [container("proxy", cpu: "500m", restartPolicy: "Always")],
                "containers": [container("x", cpu: "600m")],
            ], 3
        ),
        // Other init containers run next to the sidecars before them, not to those after them.
        (
            [
                "initContainers": [container("proxy", cpu: "500m", restartPolicy: "Always"), container("wait", cpu: "1200m")],
                "containers": [container("x", cpu: "600m")],
            ], 1
        ),
        (
            [
                "initContainers": [container("wait", cpu: "1200m"), container("proxy", cpu: "500m", restartPolicy: "Always")],
                "containers": [container("x", cpu: "600m")],
            ], 3
        ),
        (["containers": [container("x", cpu: "600m")], "overhead": ["cpu": "250m"]], 4),
        (["containers": [container("x", cpu: "600m")], "resources": ["requests": ["cpu": "1500m"]]], 2),
        // What has a limit only requests that.
        (["containers": [["name": "x", "resources": ["limits": ["cpu": "1"]]]]], 4),
    ]

    /// Like the scheduler: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
    @Test(arguments: neighbours) func countsWhatThePodsOfANodeRequest(spec: JSONValue, free: Int) async throws {
        try await Self.withAPI { pixelflow in
            Self.addNode("a", cpu: "2", to: pixelflow)
            Self.put("neighbour", on: "a", spec, to: pixelflow)
            let line = try await Self.line(pixelflow)
            #expect(line == "! the nodes have room for every worker: \(free) of 20, by what they request")
        }
    }

    @Test func countsTheProxiesThatAMeshAdds() async throws {
        try await Self.withAPI { pixelflow in
            Self.addNode("a", cpu: "2", to: pixelflow)
            for pod in pixelflow.pods(of: "worker") {
                pixelflow.cluster.update(.pods, pod, namespace: FakePixelFlow.namespace) {
                    $0["spec"]?["initContainers"] = [Self.container("istio-proxy", cpu: "150m", restartPolicy: "Always")]
                }
            }
            let line = try await Self.line(pixelflow)
            #expect(line.contains("5 of 20"), "\(line)")
        }
    }

    private static let affinities: [(JSONValue, Int)] = [
        ([["matchExpressions": [["key": "disk", "operator": "In", "values": ["fast", "medium"]]]]], 20),
        ([["matchExpressions": [["key": "disk", "operator": "In", "values": ["slow"]]]]], 0),
        ([["matchExpressions": [["key": "disk", "operator": "NotIn", "values": ["fast"]]]]], 0),
        ([["matchExpressions": [["key": "gpu", "operator": "Exists"]]]], 0),
        ([["matchExpressions": [["key": "gpu", "operator": "DoesNotExist"], ["key": "disk", "operator": "Exists"]]]], 20),
        ([["matchExpressions": [["key": "generation", "operator": "Gt", "values": ["6"]]]]], 20),
        ([["matchExpressions": [["key": "generation", "operator": "Lt", "values": ["7"]]]]], 0),
        ([["matchFields": [["key": "metadata.name", "operator": "In", "values": ["large"]]]]], 20),
        ([["matchFields": [["key": "metadata.name", "operator": "In", "values": ["small"]]]]], 0),
        // One of the terms is enough; an empty one matches nothing.
        (
            [
                ["matchExpressions": [["key": "disk", "operator": "In", "values": ["slow"]]]],
                ["matchExpressions": [["key": "disk", "operator": "Exists"]]],
            ], 20
        ),
        ([[:]], 0),
    ]

    @Test(arguments: affinities) func skipsNodesThatTheAffinityForbids(terms: JSONValue, placed: Int) async throws {
        try await Self.withAPI { pixelflow in
            Self.addNode("large", cpu: "64", to: pixelflow)
            pixelflow.cluster.update(.nodes, "large") { $0["metadata"]?["labels"]?["generation"] = "7" }
            pixelflow.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) {
                $0["spec"]?["template"]?["spec"]?["affinity"] = [
                    "nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": terms]]
                ]
            }
            let line = try await Self.line(pixelflow)
            #expect(line.contains("\(placed) of 20"), "\(line)")
        }
    }

    @Test func saysWhichRulesItDoesNotRegard() async throws {
        try await Self.withAPI { pixelflow in
            Self.addNode("large", cpu: "64", to: pixelflow)
            pixelflow.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) {
                $0["spec"]?["template"]?["spec"]?["topologySpreadConstraints"] = [
                    ["topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1]
                ]
            }
            let line = try await Self.line(pixelflow)
            #expect(line == "✓ the nodes have room for every worker: 20 of 20, without their rules about other pods")
        }
    }

    @Test func reportsMissingPermission() async throws {
        try await Self.withAPI { pixelflow in
            pixelflow.cluster.deny(DenialRule(verbs: ["list"], resource: "nodes"))
            let line7 = try await Self.line(pixelflow)
            #expect(line7.contains("– the nodes have room for every worker: no permission"))
        }
    }
}
