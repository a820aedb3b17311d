import FakeKubernetes
import Foundation
import KubernetesClient
import Terminal
import WireFormats

extension FakePixelFlow {
    static let services = ["api": 2, "auth": 2, "metrics-adapter": 1, "web": 2, "worker": 3]
    static let backing = ["kafka", "mongodb", "postgres", "s3"]

    /// Creates a healthy installation with its namespace; all objects of a kind have the same age.
    func install() {
        cluster.put(.namespaces, ["metadata": ["name": .string(Self.namespace)]])
        for (component, replicas) in Self.services.sorted(by: { $0.key < $1.key }) {
            cluster.deploy(
                "pixelflow-\(component)", replicas: replicas, image: "localhost/pixelflow/\(component):0.2.0",
                labels: Self.labels(component), namespace: Self.namespace)
        }
        for component in Self.backing { installBacking(component) }
        installAutoscaler(current: 3, desired: 3, lag: "8")
        settleAges()
    }

    static func labels(_ component: String, release: String = "pixelflow") -> [String: String] {
        [
            "app.kubernetes.io/name": "pixelflow", "app.kubernetes.io/instance": release, "app.kubernetes.io/component": component,
            "app.kubernetes.io/part-of": "pixelflow", "app.kubernetes.io/version": "0.2.0",
        ]
    }

    /// Sets fixed ages, so that the output is always the same.
    func settleAges() {
        for (kind, created) in [
            (ResourceKind.deployments, "2026-04-20T12:00:00Z"), (.statefulSets, "2026-04-20T12:00:00Z"),
            (.replicaSets, "2026-04-30T12:00:00Z"), (.pods, "2026-05-01T09:00:00Z"),
        ] {
            for name in cluster.names(kind, namespace: Self.namespace) {
                cluster.update(kind, name, namespace: Self.namespace) { $0["metadata"]?["creationTimestamp"] = .string(created) }
            }
        }
    }

    private static func json(_ labels: [String: String]) -> JSONValue { .object(labels.mapValues { .string($0) }) }

    private func installBacking(_ component: String) {
        let name = "pixelflow-\(component)"
        let labels = Self.json(Self.labels(component))
        let container: JSONValue = ["name": .string(component), "image": .string("registry.example/\(component):1")]
        cluster.put(
            .statefulSets,
            [
                "metadata": ["name": .string(name), "labels": labels],
                "spec": [
                    "replicas": 1, "serviceName": .string(name), "selector": ["matchLabels": labels],
                    "template": ["metadata": ["labels": labels], "spec": ["containers": [container]]],
                ],
                "status": [
                    "observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
                    "currentRevision": "one", "updateRevision": "one",
                ],
            ], namespace: Self.namespace)
        cluster.put(
            .pods,
            [
                "metadata": ["name": .string("\(name)-0"), "labels": labels], "spec": ["containers": [container]],
                "status": [
                    "phase": "Running", "conditions": [["type": "Ready", "status": "True"]],
                    "containerStatuses": [
                        ["name": .string(component), "ready": true, "restartCount": 0, "state": ["running": [:]]]
                    ],
                ],
            ], namespace: Self.namespace)
        // The labels of the StatefulSet's volume claim template, as copied by the controller.
        let names = ["name", "instance", "component"].map { "app.kubernetes.io/\($0)" }
        let claimed = Self.json(Self.labels(component).filter { names.contains($0.key) })
        cluster.put(
            .persistentVolumeClaims,
            ["metadata": ["name": .string("data-\(name)-0"), "labels": claimed], "status": ["phase": "Bound"]], namespace: Self.namespace)
    }

    /// - Parameter lag: per replica.
    func installAutoscaler(current: Int, desired: Int, lag: String, maximum: Int = 20, trouble: String? = nil) {
        let metric: JSONValue = ["name": "pixelflow_consumer_group_lag", "selector": ["matchLabels": ["group": "worker-group-1"]]]
        let condition: JSONValue = [
            "type": "ScalingActive", "status": trouble == nil ? "True" : "False",
            "reason": trouble == nil ? "ValidMetricFound" : "FailedGetExternalMetric",
            "message": .string(trouble ?? "the HPA was able to successfully calculate a replica count"),
        ]
        cluster.put(
            .horizontalPodAutoscalers,
            [
                "metadata": ["name": "pixelflow-worker", "labels": Self.json(Self.labels("worker"))],
                "spec": [
                    "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "pixelflow-worker"],
                    "minReplicas": 2, "maxReplicas": .integer(maximum),
                    "metrics": [
                        ["type": "External", "external": ["metric": metric, "target": ["type": "AverageValue", "averageValue": "25"]]]
                    ],
                ],
                "status": [
                    "currentReplicas": .integer(current), "desiredReplicas": .integer(desired),
                    "currentMetrics": [["type": "External", "external": ["metric": metric, "current": ["averageValue": .string(lag)]]]],
                    "conditions": [condition],
                ],
            ], namespace: Self.namespace)
    }

    /// Scales the workers with KEDA instead: a ScaledObject, and the autoscaler that KEDA makes from it, with its labels.
    func installScaledObject(minimum: Int, maximum: Int) {
        cluster.delete(.horizontalPodAutoscalers, "pixelflow-worker", namespace: Self.namespace)
        let labels = Self.json(Self.labels("worker"))
        let target: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "name": "pixelflow-worker"]
        cluster.put(
            .scaledObjects,
            [
                "metadata": ["name": "pixelflow-worker", "labels": labels],
                "spec": ["scaleTargetRef": target, "minReplicaCount": .integer(minimum), "maxReplicaCount": .integer(maximum)],
            ], namespace: Self.namespace)
        let owner: JSONValue = [
            "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "pixelflow-worker", "uid": "1", "controller": true,
            "blockOwnerDeletion": true,
        ]
        cluster.put(
            .horizontalPodAutoscalers,
            [
                "metadata": ["name": "keda-pixelflow-worker", "labels": labels, "ownerReferences": [owner]],
                "spec": ["scaleTargetRef": target, "minReplicas": .integer(max(1, minimum)), "maxReplicas": .integer(maximum)],
            ], namespace: Self.namespace)
    }

    /// Sets the number of partitions in the workers' settings; nil for none.
    func setPartitions(_ count: Int?) {
        cluster.update(.deployments, "pixelflow-worker", namespace: Self.namespace) { object in
            let setting: JSONValue = ["name": "PIXELFLOW_KAFKA_PARTITIONS", "value": .string(count.map(String.init) ?? "")]
            var containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
            containers[0]["env"] = count == nil ? [] : [["name": "PIXELFLOW_KAFKA_TOPIC", "value": "image-tasks"], setting]
            object["spec"]?["template"]?["spec"]?["containers"] = .array(containers)
        }
    }

    /// Sets the service secret in the Secret that the chart uses for auth.
    func setServiceSecret(_ value: String, secret name: String = "pixelflow-secrets") {
        cluster.put(
            .secrets,
            [
                "metadata": ["name": .string(name)], "type": "Opaque",
                "data": ["service-secret": .string(Data(value.utf8).base64EncodedString())],
            ], namespace: Self.namespace)
        cluster.update(.deployments, "pixelflow-auth", namespace: Self.namespace) { object in
            var containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
            let reference: JSONValue = ["secretKeyRef": ["name": .string(name), "key": "service-secret"]]
            containers[0]["env"] = [["name": "PIXELFLOW_SERVICE_SECRET", "valueFrom": reference]]
            object["spec"]?["template"]?["spec"]?["containers"] = .array(containers)
        }
    }

    func pods(of component: String) -> [String] {
        cluster.pods(of: "pixelflow-\(component)", namespace: Self.namespace)
    }

    func replicas(of component: String) -> Int? {
        cluster.object(.deployments, "pixelflow-\(component)", namespace: Self.namespace)?["spec"]?["replicas"]?.intValue
    }
}
