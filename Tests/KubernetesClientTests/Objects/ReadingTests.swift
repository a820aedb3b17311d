import FakeKubernetes
import KubernetesClient
import Testing
import WireFormats

struct ReadingTests {
    @Test func getsATypedObject() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 2, image: "registry.example/api:3")
            let deployment = try await client.get(Deployment.self, "api")
            #expect(deployment.name == "api")
            #expect(deployment.spec?.replicas == 2)
            #expect(deployment.status?.readyReplicas == 2)
            #expect(deployment.spec?.template?.spec?.containers?.first?.image == "registry.example/api:3")
            #expect(deployment.metadata.annotations["deployment.kubernetes.io/revision"] == "1")
            #expect(deployment.status?.conditions?["Available"]?.isTrue == true)
        }
    }

    @Test func getsAnUntypedObject() async throws {
        try await withCluster { cluster, client in
            let kind = ResourceKind(group: "keda.sh", version: "v1alpha1", plural: "scaledobjects", kind: "ScaledObject")
            cluster.put(kind, ["metadata": ["name": "worker"], "spec": ["minReplicaCount": 1, "odd": [1, "two", .null]]])
            let object = try await client.get(kind, "worker")
            #expect(object["spec"]?["odd"] == [1, "two", .null])
            #expect(object["kind"] == "ScaledObject")
        }
    }

    @Test func aMissingObjectIsNotFound() async throws {
        try await withCluster { _, client in
            let error = try #require(await kubernetesError { _ = try await client.get(Deployment.self, "nobody") })
            #expect(error.kind == .notFound)
            #expect(error.message == "deployments.apps \"nobody\" not found")
            #expect(error.status?.reason == "NotFound")
            #expect(error.status?.details?.name == "nobody")
        }
    }

    @Test func listsInChunksToTheEnd() async throws {
        try await withCluster { cluster, client in
            for index in 0..<25 { cluster.put(.configMaps, ["metadata": ["name": .string("map-\(100 + index)")]]) }
            cluster.forgetRequests()
            let list = try await client.list(ConfigMap.self, ListOptions(chunk: 10))
            #expect(list.items.map(\.name) == (100..<125).map { "map-\($0)" })
            #expect(cluster.requests.count == 3)
            #expect(cluster.requests.allSatisfy { $0.query["limit"] == "10" })
        }
    }

    @Test func restartsAListThatHasExpired() async throws {
        try await withCluster { cluster, client in
            for index in 0..<12 { cluster.put(.configMaps, ["metadata": ["name": .string("map-\(10 + index)")]]) }
            cluster.expireListTokens()
            let list = try await client.list(ConfigMap.self, ListOptions(chunk: 5))
            #expect(list.items.count == 12)
        }
    }

    @Test(arguments: [
        ("app=api", ["api-1"]), ("app!=api", ["web-1"]), ("app in (api,web)", ["api-1", "web-1"]), ("tier", ["web-1"]),
        ("!tier", ["api-1"]),
    ])
    func listsBySelector(selector: String, names: [String]) async throws {
        try await withCluster { cluster, client in
            cluster.put(.pods, ["metadata": ["name": "api-1", "labels": ["app": "api"]]])
            cluster.put(.pods, ["metadata": ["name": "web-1", "labels": ["app": "web", "tier": "front"]]])
            let pods = try await client.list(Pod.self, ListOptions(labelSelector: selector)).items
            #expect(pods.map(\.name) == names)
        }
    }

    @Test func namespacesAreCurrentNamedOrAll() async throws {
        try await withCluster { cluster, client in
            for namespace in ["default", "other", "third"] {
                cluster.put(.pods, ["metadata": ["name": .string("in-\(namespace)"), "namespace": .string(namespace)]])
            }
            let current = try await client.list(Pod.self).items
            #expect(current.map(\.name) == ["in-default"])
            #expect(try await client.list(Pod.self, in: "other").items.map(\.name) == ["in-other"])
            #expect(try await client.list(Pod.self, in: .all).items.map(\.name) == ["in-default", "in-other", "in-third"])
            #expect(try await client.get(Pod.self, "in-third", in: "third").namespace == "third")
        }
    }

    @Test func elementsOfAGenericListHaveAKind() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let list = try await client.list(.deployments)
            #expect(list.items.first?["kind"] == "Deployment")
            #expect(list.items.first?["apiVersion"] == "apps/v1")
        }
    }

    @Test func secretsAreReadWithoutTheirValues() async throws {
        try await withCluster { cluster, client in
            cluster.put(.secrets, ["metadata": ["name": "db"], "type": "Opaque", "data": ["password": "aHVudGVyMg==", "a": "Yg=="]])
            let secret = try await client.get(Secret.self, "db")
            #expect(secret.keys == ["a", "password"])
            #expect(!"\(secret)".contains("aHVudGVyMg"))
        }
    }

    @Test func eventsComeInOrder() async throws {
        try await withCluster { cluster, client in
            cluster.note("Scaled", "later", about: "Deployment", "api", at: Timestamp(secondsSinceEpoch: 2_000))
            cluster.note("Failed", "sooner", about: "Pod", "api-1", type: "Warning", at: Timestamp(secondsSinceEpoch: 1_000))
            let all = try await client.events()
            #expect(all.map(\.message) == ["sooner", "later"])
            #expect(try await client.events(type: "Warning").map(\.reason) == ["Failed"])
            #expect(try await client.events(of: ObjectReference(kind: "Deployment", name: "api")).map(\.message) == ["later"])
        }
    }

    @Test func metricsArePerContainer() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.setMetrics(pod: pod, container: "api", cpu: "250m", memory: "64Mi")
            let metrics = try await client.podMetrics(labelSelector: "app=api")
            #expect(metrics.first?.containers?.first?.usage["cpu"]?.value == 0.25)
            #expect(metrics.first?.containers?.first?.usage["memory"]?.value == 67_108_864)
        }
    }

    @Test func withoutAMetricsServerThereAreNoMetrics() async throws {
        try await withCluster { cluster, client in
            cluster.removeGroup("metrics.k8s.io")
            #expect(await errorKind { _ = try await client.podMetrics() } == .notFound)
            let servesMetrics = try await client.serves(group: "metrics.k8s.io", version: "v1beta1")
            #expect(!servesMetrics)
            #expect(try await client.serves(group: "apps", version: "v1"))
        }
    }

    @Test func readsVersionHealthAndPermissions() async throws {
        try await withCluster { cluster, client in
            cluster.deny(DenialRule(verbs: ["patch"], resource: "deployments/scale"))
            cluster.setReadiness("etcd", isOK: false)
            #expect(try await client.version().gitVersion == "v1.36.0")
            let health = try await client.raw("/readyz", query: [("verbose", "")])
            #expect(health.status == 500)
            #expect(health.text.contains("[-]etcd failed"))
            #expect(try await client.mayI(AccessQuestion("get", .deployments, namespace: "default")).isAllowed)
            let refused = try await client.mayI(AccessQuestion("patch", .deployments, subresource: "scale", namespace: "default"))
            #expect(refused == AccessDecision(isAllowed: false, reason: "no rule allows it"))
        }
    }
}
