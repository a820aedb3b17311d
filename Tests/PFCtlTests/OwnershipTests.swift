import FakeKubernetes
import KubernetesClient
import Terminal
import TerminalTesting
import Testing
import WireFormats

/// Helm 4 uses server-side apply and fails if another owner wants a different value of a field. This must not happen after
/// any pfctl command. See docs/adr/0016-the-values-of-the-chart-own-replicas.md.
@Suite struct OwnershipTests {
    private static let namespace = FakePixelFlow.namespace

    /// What `helm upgrade` applies for api and the autoscaler without `--force-conflicts`.
    private static func upgrade(_ pixelflow: FakePixelFlow, replicas: Int = 2) async throws {
        try await with(pixelflow) { client in
            for (kind, name, spec) in manifests(replicas) {
                let change: JSONValue = [
                    "apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": ["name": .string(name)], "spec": spec,
                ]
                try await client.patch(
                    kind, name, in: namespace, .apply(change, force: false), options: WriteOptions(fieldManager: "helm"))
            }
        }
    }

    private static func manifests(_ replicas: Int) -> [(ResourceKind, String, JSONValue)] {
        let container: JSONValue = ["name": "pixelflow-api", "image": "localhost/pixelflow/api:0.2.0"]
        return [
            (
                .deployments, "pixelflow-api",
                ["replicas": .integer(replicas), "template": ["spec": ["containers": [container]]]]
            ),
            (.horizontalPodAutoscalers, "pixelflow-worker", ["minReplicas": 2, "maxReplicas": 20]),
        ]
    }

    private static func with(_ pixelflow: FakePixelFlow, _ body: (ClusterClient) async throws -> Void) async throws {
        let client = try ClusterClient(pixelflow.cluster.configuration(.certificate(user: "helm")))
        do {
            try await body(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private static func owners(_ pixelflow: FakePixelFlow, _ kind: ResourceKind, _ name: String) -> [String] {
        let entries = pixelflow.cluster.object(kind, name, namespace: namespace)?["metadata"]?["managedFields"]?.arrayValue ?? []
        return entries.compactMap { $0["manager"]?.stringValue }
    }

    /// Proves that the tests below would detect a conflict.
    @Test func theFakeClusterRefusesFieldsOfAnotherOwner() async throws {
        try await FakePixelFlow.run { pixelflow in
            try await Self.upgrade(pixelflow)
            try await Self.with(pixelflow) { client in
                try await client.setScale(
                    .deployments, "pixelflow-api", in: Self.namespace, replicas: 4, options: WriteOptions(fieldManager: "somebody"))
            }
            let error = await #expect(throws: KubernetesError.self) { try await Self.upgrade(pixelflow) }
            #expect(error?.message.contains(#"conflict with "somebody" with subresource "scale" using apps/v1: .spec.replicas"#) == true)
        }
    }

    @Test func scaledReplicasAreResetByTheNextUpgrade() async throws {
        try await FakePixelFlow.run { pixelflow in
            try await Self.upgrade(pixelflow)
            #expect(await pixelflow.pfctl("scale", "api", "--replicas", "4").status == .ok)
            #expect(pixelflow.replicas(of: "api") == 4)
            #expect(Self.owners(pixelflow, .deployments, "pixelflow-api") == ["helm"])
            try await Self.upgrade(pixelflow)
            #expect(pixelflow.replicas(of: "api") == 2)
            // Nor is there a conflict if the values contain another number.
            #expect(await pixelflow.pfctl("scale", "api", "--replicas", "4").status == .ok)
            try await Self.upgrade(pixelflow, replicas: 3)
            #expect(pixelflow.replicas(of: "api") == 3)
        }
    }

    @Test func autoscalerBoundsAreResetByTheNextUpgrade() async throws {
        try await FakePixelFlow.run { pixelflow in
            try await Self.upgrade(pixelflow)
            #expect(await pixelflow.pfctl("scale", "worker", "--min", "3", "--max", "30").status == .ok)
            try await Self.upgrade(pixelflow)
            let spec = pixelflow.cluster.object(.horizontalPodAutoscalers, "pixelflow-worker", namespace: Self.namespace)?["spec"]
            #expect(spec?["minReplicas"] == 2)
            #expect(spec?["maxReplicas"] == 20)
        }
    }

    @Test func soDoTheBoundsOfAScaledObject() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.installScaledObject(minimum: 2, maximum: 8)
            let values: JSONValue = ["minReplicaCount": 2, "maxReplicaCount": 8]
            func upgradeScaledObject() async throws {
                try await Self.with(pixelflow) { client in
                    let change: JSONValue = [
                        "apiVersion": .string(ResourceKind.scaledObjects.apiVersion), "kind": "ScaledObject",
                        "metadata": ["name": "pixelflow-worker"], "spec": values,
                    ]
                    try await client.patch(
                        .scaledObjects, "pixelflow-worker", in: Self.namespace, .apply(change, force: false),
                        options: WriteOptions(fieldManager: "helm"))
                }
            }
            try await upgradeScaledObject()
            #expect(await pixelflow.pfctl("scale", "worker", "--min", "3", "--max", "6").status == .ok)
            #expect(Self.owners(pixelflow, .scaledObjects, "pixelflow-worker") == ["helm"])
            try await upgradeScaledObject()
            let spec = pixelflow.cluster.object(.scaledObjects, "pixelflow-worker", namespace: Self.namespace)?["spec"]
            #expect(spec?["minReplicaCount"] == 2 && spec?["maxReplicaCount"] == 8)
        }
    }

    @Test(arguments: [["restart", "api"], ["pause", "api"]]) func aRolloutDoesNotBlockUpgrades(command: [String]) async throws {
        try await FakePixelFlow.run { pixelflow in
            try await Self.upgrade(pixelflow)
            #expect(await pixelflow.pfctl(["rollout"] + command, console: nil).status == .ok)
            try await Self.upgrade(pixelflow)
        }
    }

    @Test func rollbackIsReplacedByTheNextUpgrade() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.update(.deployments, "pixelflow-api", namespace: Self.namespace) {
                $0["spec"]?["template"]?["spec"]?["containers"] = [["name": "pixelflow-api", "image": "localhost/pixelflow/api:0.1.0"]]
            }
            pixelflow.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            try await Self.upgrade(pixelflow)
            pixelflow.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            #expect(await pixelflow.pfctl("rollout", "undo", "api").status == .ok)
            func image() -> JSONValue? {
                pixelflow.cluster.object(.deployments, "pixelflow-api", namespace: Self.namespace)?["spec"]?["template"]?["spec"]?[
                    "containers"]?[0]?[
                        "image"]
            }
            #expect(image() == "localhost/pixelflow/api:0.1.0")
            try await Self.upgrade(pixelflow)
            #expect(image() == "localhost/pixelflow/api:0.2.0")
        }
    }

    /// A Role may allow only scaling.
    @Test func reportsFieldsThatItMayNotRelease() async throws {
        try await FakePixelFlow.run { pixelflow in
            try await Self.upgrade(pixelflow)
            pixelflow.cluster.deny(DenialRule(user: "operator", verbs: ["patch"], resource: "deployments"))
            let outcome = await pixelflow.pfctl("scale", "api", "--replicas", "4")
            #expect(outcome.status == .ok)
            #expect(outcome.errors.contains("pfctl keeps ownership of the changed fields"))
            #expect(outcome.errors.contains("hint: helm upgrade --force-conflicts takes them back"))
        }
    }

    @Test func dryRunReleasesNoFields() async throws {
        try await FakePixelFlow.run { pixelflow in
            try await Self.upgrade(pixelflow)
            pixelflow.cluster.forgetRequests()
            #expect(await pixelflow.pfctl("scale", "api", "--replicas", "4", "--dry-run", "server").status == .ok)
            #expect(pixelflow.cluster.requests.count { $0.method == "PATCH" } == 1)
        }
    }
}
