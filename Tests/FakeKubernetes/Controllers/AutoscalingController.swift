import KubernetesClient
import WireFormats

/// Keeps the replicas of workloads within the bounds of their autoscalers, and, as KEDA does, an autoscaler as its ScaledObject says.
struct AutoscalingController {
    let namespace: String

    func step(_ state: inout FakeClusterState) {
        let autoscalers = state.store.objects.filter {
            $0.key.plural == ResourceKind.horizontalPodAutoscalers.plural && $0.key.namespace == namespace
        }.sorted { $0.key.name < $1.key.name }
        for (key, autoscaler) in autoscalers {
            let autoscaler = restored(autoscaler, key, &state)
            enforce(autoscaler["spec"] ?? [:], &state)
        }
    }

    /// KEDA watches the autoscalers that it owns, and puts their bounds back.
    private func restored(_ autoscaler: JSONValue, _ key: ObjectKey, _ state: inout FakeClusterState) -> JSONValue {
        let owners = autoscaler["metadata"]?["ownerReferences"]?.arrayValue ?? []
        guard let name = owners.first(where: { $0["kind"] == "ScaledObject" })?["name"]?.stringValue,
            let spec = state.store.objects[ObjectKey(.scaledObjects, name, namespace: namespace)]?["spec"]
        else { return autoscaler }
        var wanted = autoscaler
        // An autoscaler has no minimum of 0.
        wanted["spec"]?["minReplicas"] = .integer(max(1, spec["minReplicaCount"]?.intValue ?? 0))
        wanted["spec"]?["maxReplicas"] = spec["maxReplicaCount"] ?? 100
        return wanted == autoscaler ? autoscaler : state.store.put(key, wanted)
    }

    private func enforce(_ spec: JSONValue, _ state: inout FakeClusterState) {
        let key = ObjectKey(.deployments, spec["scaleTargetRef"]?["name"]?.stringValue ?? "", namespace: namespace)
        // An autoscaler leaves alone what was scaled to zero by hand.
        guard var target = state.store.objects[key], let replicas = target["spec"]?["replicas"]?.intValue, replicas > 0 else { return }
        let bounded = min(max(replicas, spec["minReplicas"]?.intValue ?? 1), spec["maxReplicas"]?.intValue ?? replicas)
        guard bounded != replicas else { return }
        target["spec"]?["replicas"] = .integer(bounded)
        _ = state.store.put(key, target)
    }
}
