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
        try await StubService.run("api", port: 8_080, { _ in (200, #"{"status":"ok"}"#) }) { stand, _ in
            stand.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) { object in
                var containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
                containers[0]["resources"] = ["requests": ["cpu": "250m", "memory": "256Mi"]]
                object["spec"]?["template"]?["spec"]?["containers"] = .array(containers)
            }
            stand.cluster.completeRollout("pixelflow-worker", namespace: FakePixelFlow.namespace)
            try await body(stand)
        }
    }

    private static func addNode(_ name: String, cpu: String, memory: String = "16Gi", spec: JSONValue = [:], to stand: FakePixelFlow) {
        stand.cluster.put(
            .nodes,
            [
                "metadata": ["name": .string(name), "labels": ["disk": "fast"]], "spec": spec,
                "status": ["allocatable": ["cpu": .string(cpu), "memory": .string(memory), "pods": "110"]],
            ])
    }

    private static func line(_ stand: FakePixelFlow) async throws -> String {
        let outcome = await stand.pfctl("check", "--color", "never")
        return try #require(outcome.output.split(separator: "\n").map(String.init).first { $0.contains("the nodes have room") })
    }

    @Test func acceptsEnoughNodes() async throws {
        try await Self.withAPI { stand in
            Self.addNode("large", cpu: "8", to: stand)
            let line1 = try await Self.line(stand)
            #expect(line1 == "✓ the nodes have room for every worker: 20 of 20")
        }
    }

    @Test func countsRunningPods() async throws {
        try await Self.withAPI { stand in
            Self.addNode("a", cpu: "2", to: stand)
            Self.addNode("b", cpu: "1", memory: "512Mi", to: stand)
            stand.cluster.put(
                .pods,
                [
                    "metadata": ["name": "neighbour"],
                    "spec": ["nodeName": "a", "containers": [["name": "x", "resources": ["requests": ["cpu": "600m"]]]]],
                    "status": ["phase": "Running"],
                ])
            let outcome = await stand.pfctl("check")
            #expect(outcome.status == .ok, "a warning is no failure: \(outcome.output)")
            // 1.4 cores are sufficient for five workers, but half a GiB only for two.
            let line2 = try await Self.line(stand)
            #expect(line2 == "! the nodes have room for every worker: 7 of 20, by what they request")
        }
    }

    @Test func skipsNodesThatAcceptNoWorkers() async throws {
        try await Self.withAPI { stand in
            Self.addNode("cordoned", cpu: "64", spec: ["unschedulable": true], to: stand)
            let line3 = try await Self.line(stand)
            #expect(line3.contains("no node takes pods"))
            Self.addNode("tainted", cpu: "64", spec: ["taints": [["key": "gpu", "effect": "NoSchedule"]]], to: stand)
            Self.addNode("small", cpu: "500m", to: stand)
            let line4 = try await Self.line(stand)
            #expect(line4.contains("2 of 20"))
            stand.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) {
                $0["spec"]?["template"]?["spec"]?["tolerations"] = [["key": "gpu", "operator": "Exists"]]
            }
            let line5 = try await Self.line(stand)
            #expect(line5.contains("20 of 20"))
            stand.cluster.update(.deployments, "pixelflow-worker", namespace: FakePixelFlow.namespace) {
                $0["spec"]?["template"]?["spec"]?["nodeSelector"] = ["disk": "slow"]
            }
            let line6 = try await Self.line(stand)
            #expect(line6.contains("0 of 20"))
        }
    }

    @Test func reportsMissingPermission() async throws {
        try await Self.withAPI { stand in
            stand.cluster.deny(DenialRule(verbs: ["list"], resource: "nodes"))
            let line7 = try await Self.line(stand)
            #expect(line7.contains("– the nodes have room for every worker: no permission"))
        }
    }
}
