import FakeKubernetes
import KubernetesClient
import Testing
import WireFormats

/// The fake cluster's deployments behave as pfctl's tests require.
struct RolloutTests {
    private static func image(_ name: String) -> Patch {
        .strategic(["spec": ["template": ["spec": ["containers": [["name": "api", "image": .string(name)]]]]]])
    }

    @Test func newImageReplacesPodsOneByOne() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 2)
            try await client.patch(.deployments, "api", Self.image("new:2"))
            var deployment = try await client.get(Deployment.self, "api")
            #expect(deployment.status?.observedGeneration != deployment.metadata.generation)
            cluster.advanceRollout("api")
            cluster.advanceRollout("api")
            deployment = try await client.get(Deployment.self, "api")
            #expect(deployment.status?.observedGeneration == deployment.metadata.generation)
            #expect(deployment.status?.updatedReplicas == 1)
            #expect(deployment.status?.replicas == 3)
            cluster.completeRollout("api")
            deployment = try await client.get(Deployment.self, "api")
            #expect(deployment.status?.updatedReplicas == 2)
            #expect(deployment.status?.replicas == 2)
            #expect(deployment.metadata.annotations["deployment.kubernetes.io/revision"] == "2")
            #expect(try await client.list(ReplicaSet.self).items.map { $0.spec?.replicas } == [0, 2])
        }
    }

    @Test func rollingBackReusesTheOldReplicaSet() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", image: "old:1")
            try await client.patch(.deployments, "api", Self.image("new:2"))
            cluster.completeRollout("api")
            try await client.patch(.deployments, "api", Self.image("old:1"))
            cluster.completeRollout("api")
            let sets = try await client.list(ReplicaSet.self).items
            #expect(sets.map { $0.metadata.annotations["deployment.kubernetes.io/revision"] } == ["3", "2"])
            #expect(sets.map { $0.spec?.replicas } == [1, 0])
        }
    }

    @Test func scalesDownAndUp() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 3)
            try await client.setScale(.deployments, "api", replicas: 1)
            cluster.completeRollout("api")
            #expect(cluster.pods(of: "api").count == 1)
            try await client.setScale(.deployments, "api", replicas: 0)
            cluster.completeRollout("api")
            #expect(cluster.pods(of: "api").isEmpty)
        }
    }

    @Test func aStalledRolloutExceedsItsDeadline() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 2)
            try await client.patch(.deployments, "api", Self.image("missing:2"))
            cluster.stallRollout("api")
            let deployment = try await client.get(Deployment.self, "api")
            #expect(deployment.status?.conditions?["Progressing"]?.reason == "ProgressDeadlineExceeded")
            #expect(deployment.status?.readyReplicas == 2)
            let waiting = try await client.list(Pod.self).items.compactMap { $0.status?.containerStatuses?.first?.state?.waiting?.reason }
            #expect(waiting == ["ImagePullBackOff"])
        }
    }

    @Test func aPausedDeploymentKeepsItsPods() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            try await client.patch(.deployments, "api", .merge(["spec": ["paused": true]]))
            try await client.patch(.deployments, "api", Self.image("new:2"))
            cluster.completeRollout("api")
            #expect(try await client.get(Deployment.self, "api").status?.updatedReplicas == 0)
            try await client.patch(.deployments, "api", .merge(["spec": ["paused": .null]]))
            cluster.completeRollout("api")
            #expect(try await client.get(Deployment.self, "api").status?.updatedReplicas == 1)
        }
    }

    @Test func failedPodIsCounted() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 2)
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.setReady(pod, false, reason: "CrashLoopBackOff", restarts: 7)
            #expect(try await client.get(Deployment.self, "api").status?.readyReplicas == 1)
            #expect(try await client.get(Pod.self, pod).status?.containerStatuses?.first?.restartCount == 7)
        }
    }
}
