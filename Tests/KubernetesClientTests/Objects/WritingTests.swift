import FakeKubernetes
import KubernetesClient
import Testing
import WireFormats

struct WritingTests {
    private static let annotation: JSONValue = ["metadata": ["annotations": ["note": "hello"]]]

    @Test func mergePatchReplacesFieldsAndRemovesNulls() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", labels: ["tier": "back"])
            try await client.patch(.deployments, "api", .merge(["metadata": ["annotations": ["note": "x"], "labels": ["tier": .null]]]))
            let object = cluster.object(.deployments, "api")
            #expect(object?["metadata"]?["annotations"]?["note"] == "x")
            #expect(object?["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"] == "1")
            #expect(object?["metadata"]?["labels"] == ["app": "api"])
        }
    }

    @Test func strategicPatchMergesContainersByName() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let change: JSONValue = ["spec": ["template": ["spec": ["containers": [["name": "api", "image": "new:2"]]]]]]
            let deployment = try await client.patch(Deployment.self, "api", .strategic(change))
            let container = try #require(deployment.spec?.template?.spec?.containers?.first)
            #expect(container.image == "new:2")
            #expect(container.ports?.first?.containerPort == 8_080)
            #expect(deployment.metadata.generation == 2)
        }
    }

    @Test func jsonPatchTestsAndReplaces() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 2)
            let operations: [JSONValue] = [
                ["op": "test", "path": "/spec/replicas", "value": 2], ["op": "replace", "path": "/spec/replicas", "value": 3],
            ]
            try await client.patch(.deployments, "api", .json(operations))
            #expect(cluster.object(.deployments, "api")?["spec"]?["replicas"] == 3)
            #expect(await errorKind { try await client.patch(.deployments, "api", .json(operations)) } == .invalid)
        }
    }

    @Test func applyNeedsForceForFieldsOfOtherManagers() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let mine = WriteOptions(fieldManager: "pfctl")
            let change: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "spec": ["replicas": 5]]
            try await client.patch(
                .deployments, "api", .merge(["spec": ["replicas": 2]]), options: WriteOptions(fieldManager: "helm"))
            let error = await kubernetesError { try await client.patch(.deployments, "api", .apply(change, force: false), options: mine) }
            #expect(error?.kind == .conflict)
            #expect(error?.message.contains("conflict with \"helm\" using apps/v1: .spec.replicas") == true)
            try await client.patch(.deployments, "api", .apply(change, force: true), options: mine)
            #expect(cluster.object(.deployments, "api")?["spec"]?["replicas"] == 5)
            #expect(cluster.requests.last?.query["fieldManager"] == "pfctl")
        }
    }

    @Test func dryRunChangesNothing() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 1)
            let dry = WriteOptions(dryRun: true)
            let scale = try await client.setScale(.deployments, "api", replicas: 9, options: dry)
            #expect(scale.spec?.replicas == 9)
            try await client.create(.configMaps, ["metadata": ["name": "map"]], options: dry)
            try await client.delete(.deployments, "api", options: dry)
            #expect(cluster.object(.deployments, "api")?["spec"]?["replicas"] == 1)
            #expect(cluster.object(.configMaps, "map") == nil)
        }
    }

    @Test func createsAndDeletes() async throws {
        try await withCluster { cluster, client in
            let made = try await client.create(.configMaps, ["metadata": ["name": "map"], "data": ["a": "b"]])
            #expect(made["metadata"]?["uid"] != nil)
            #expect(await errorKind { try await client.create(.configMaps, ["metadata": ["name": "map"]]) } == .alreadyExists)
            #expect(await errorKind { try await client.delete(.configMaps, "map", resourceVersion: "1") } == .conflict)
            try await client.delete(.configMaps, "map")
            #expect(cluster.object(.configMaps, "map") == nil)
            #expect(await errorKind { try await client.delete(.configMaps, "map") } == .notFound)
        }
    }

    @Test func scalesTheReadVersion() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("worker", replicas: 2)
            let scale = try await client.scale(.deployments, "worker")
            #expect(scale.spec?.replicas == 2)
            #expect(scale.status?.selector == "app=worker")
            try await client.setScale(.deployments, "worker", replicas: 4, resourceVersion: scale.metadata.resourceVersion)
            #expect(cluster.object(.deployments, "worker")?["spec"]?["replicas"] == 4)
        }
    }

    @Test func scalingAChangedObjectIsAConflict() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("worker", replicas: 2)
            let scale = try await client.scale(.deployments, "worker")
            cluster.update(.deployments, "worker") { $0["spec"]?["replicas"] = 7 }
            let error = await kubernetesError {
                try await client.setScale(.deployments, "worker", replicas: 4, resourceVersion: scale.metadata.resourceVersion)
            }
            #expect(error?.kind == .conflict)
            #expect(error?.message.contains("the object has been modified") == true)
            #expect(cluster.object(.deployments, "worker")?["spec"]?["replicas"] == 7)
        }
    }

    @Test func invalidObjectIsRefused() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("worker")
            #expect(await errorKind { try await client.setScale(.deployments, "worker", replicas: -1) } == .invalid)
        }
    }

    @Test func forbiddenErrorNamesUserAndAction() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            cluster.deny(DenialRule(user: "admin", verbs: ["patch"], resource: "deployments"))
            let error = await kubernetesError { try await client.patch(.deployments, "api", .merge(Self.annotation)) }
            #expect(error?.kind == .forbidden)
            #expect(error?.message.contains("User \"admin\" cannot patch resource \"deployments\" in API group \"apps\"") == true)
        }
    }
}
