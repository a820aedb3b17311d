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
    private static func upgrade(_ stand: FakePixelFlow, replicas: Int = 2) async throws {
        try await with(stand) { client in
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

    private static func with(_ stand: FakePixelFlow, _ body: (ClusterClient) async throws -> Void) async throws {
        let client = try ClusterClient(stand.cluster.configuration(.certificate(user: "helm")))
        do {
            try await body(client)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private static func owners(_ stand: FakePixelFlow, _ kind: ResourceKind, _ name: String) -> [String] {
        let entries = stand.cluster.object(kind, name, namespace: namespace)?["metadata"]?["managedFields"]?.arrayValue ?? []
        return entries.compactMap { $0["manager"]?.stringValue }
    }

    /// Proves that the tests below would detect a conflict.
    @Test func theFakeClusterRefusesFieldsOfAnotherOwner() async throws {
        try await FakePixelFlow.run { stand in
            try await Self.upgrade(stand)
            try await Self.with(stand) { client in
                try await client.setScale(
                    .deployments, "pixelflow-api", in: Self.namespace, replicas: 4, options: WriteOptions(fieldManager: "somebody"))
            }
            let error = await #expect(throws: KubernetesError.self) { try await Self.upgrade(stand) }
            #expect(error?.message.contains(#"conflict with "somebody" with subresource "scale" using apps/v1: .spec.replicas"#) == true)
        }
    }

    @Test func scaledReplicasAreResetByTheNextUpgrade() async throws {
        try await FakePixelFlow.run { stand in
            try await Self.upgrade(stand)
            #expect(await stand.pfctl("scale", "api", "--replicas", "4").status == .ok)
            #expect(stand.replicas(of: "api") == 4)
            #expect(Self.owners(stand, .deployments, "pixelflow-api") == ["helm"])
            try await Self.upgrade(stand)
            #expect(stand.replicas(of: "api") == 2)
            // Nor is there a conflict if the values contain another number.
            #expect(await stand.pfctl("scale", "api", "--replicas", "4").status == .ok)
            try await Self.upgrade(stand, replicas: 3)
            #expect(stand.replicas(of: "api") == 3)
        }
    }

    @Test func autoscalerBoundsAreResetByTheNextUpgrade() async throws {
        try await FakePixelFlow.run { stand in
            try await Self.upgrade(stand)
            #expect(await stand.pfctl("scale", "worker", "--min", "3", "--max", "30").status == .ok)
            try await Self.upgrade(stand)
            let spec = stand.cluster.object(.horizontalPodAutoscalers, "pixelflow-worker", namespace: Self.namespace)?["spec"]
            #expect(spec?["minReplicas"] == 2)
            #expect(spec?["maxReplicas"] == 20)
        }
    }

    @Test func soDoTheBoundsOfAScaledObject() async throws {
        try await FakePixelFlow.run { stand in
            stand.installScaledObject(minimum: 2, maximum: 8)
            let values: JSONValue = ["minReplicaCount": 2, "maxReplicaCount": 8]
            func upgradeScaledObject() async throws {
                try await Self.with(stand) { client in
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
            #expect(await stand.pfctl("scale", "worker", "--min", "3", "--max", "6").status == .ok)
            #expect(Self.owners(stand, .scaledObjects, "pixelflow-worker") == ["helm"])
            try await upgradeScaledObject()
            let spec = stand.cluster.object(.scaledObjects, "pixelflow-worker", namespace: Self.namespace)?["spec"]
            #expect(spec?["minReplicaCount"] == 2 && spec?["maxReplicaCount"] == 8)
        }
    }

    @Test(arguments: [["restart", "api"], ["pause", "api"]]) func aRolloutDoesNotBlockUpgrades(command: [String]) async throws {
        try await FakePixelFlow.run { stand in
            try await Self.upgrade(stand)
            #expect(await stand.pfctl(["rollout"] + command, console: nil).status == .ok)
            try await Self.upgrade(stand)
        }
    }

    @Test func rollbackIsReplacedByTheNextUpgrade() async throws {
        try await FakePixelFlow.run { stand in
            stand.cluster.update(.deployments, "pixelflow-api", namespace: Self.namespace) {
                $0["spec"]?["template"]?["spec"]?["containers"] = [["name": "pixelflow-api", "image": "localhost/pixelflow/api:0.1.0"]]
            }
            stand.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            try await Self.upgrade(stand)
            stand.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            #expect(await stand.pfctl("rollout", "undo", "api").status == .ok)
            func image() -> JSONValue? {
                stand.cluster.object(.deployments, "pixelflow-api", namespace: Self.namespace)?["spec"]?["template"]?["spec"]?[
                    "containers"]?[0]?[
                        "image"]
            }
            #expect(image() == "localhost/pixelflow/api:0.1.0")
            try await Self.upgrade(stand)
            #expect(image() == "localhost/pixelflow/api:0.2.0")
        }
    }

    /// A Role may allow only scaling.
    @Test func reportsFieldsThatItMayNotRelease() async throws {
        try await FakePixelFlow.run { stand in
            try await Self.upgrade(stand)
            stand.cluster.deny(DenialRule(user: "operator", verbs: ["patch"], resource: "deployments"))
            let outcome = await stand.pfctl("scale", "api", "--replicas", "4")
            #expect(outcome.status == .ok)
            #expect(outcome.errors.contains("pfctl keeps ownership of the changed fields"))
            #expect(outcome.errors.contains("hint: helm upgrade --force-conflicts takes them back"))
        }
    }

    @Test func dryRunReleasesNoFields() async throws {
        try await FakePixelFlow.run { stand in
            try await Self.upgrade(stand)
            stand.cluster.forgetRequests()
            #expect(await stand.pfctl("scale", "api", "--replicas", "4", "--dry-run", "server").status == .ok)
            #expect(stand.cluster.requests.count { $0.method == "PATCH" } == 1)
        }
    }
}
