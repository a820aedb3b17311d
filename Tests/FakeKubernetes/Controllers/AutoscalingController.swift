import KubernetesClient
import WireFormats

/// Keeps the replicas of workloads within the bounds of their autoscalers, and, as KEDA does, an autoscaler as its ScaledObject says.
struct AutoscalingController {
    let namespace: String

    func step(_ state: inout FakeClusterState) {
        let autoscalers = state.store.objects.filter {
            $0.key.plural == ResourceKind.horizontalPodAutoscalers.plural && $0.key.namespace == namespace
        }.sorted { $0.key.name < $1.key.name }
        // The last one of a workload wins; one change, because a workload that changed all the time would never get anywhere.
        var wanted: [ObjectKey: Int] = [:]
        for (key, autoscaler) in autoscalers {
            let spec = restored(autoscaler, key, &state)["spec"] ?? [:]
            let target = ObjectKey(.deployments, spec["scaleTargetRef"]?["name"]?.stringValue ?? "", namespace: namespace)
            guard let replicas = wanted[target] ?? state.store.objects[target]?["spec"]?["replicas"]?.intValue else { continue }
            wanted[target] = bounded(replicas, spec)
        }
        for (target, replicas) in wanted {
            if let workload = state.store.objects[target] { set(workload, target, to: replicas, &state) }
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

    /// An autoscaler leaves alone what was scaled to zero by hand.
    private func bounded(_ replicas: Int, _ spec: JSONValue) -> Int {
        replicas == 0 ? 0 : min(max(replicas, spec["minReplicas"]?.intValue ?? 1), spec["maxReplicas"]?.intValue ?? replicas)
    }

    private func set(_ workload: JSONValue, _ key: ObjectKey, to replicas: Int, _ state: inout FakeClusterState) {
        guard workload["spec"]?["replicas"]?.intValue != replicas else { return }
        var workload = workload
        workload["spec"]?["replicas"] = .integer(replicas)
        _ = state.store.put(key, workload)
    }
}
