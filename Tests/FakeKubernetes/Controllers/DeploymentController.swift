import KubernetesClient
import WireFormats

/// Advances a deployment by one visible change at a time, like the controllers of a cluster together.
struct DeploymentController {
    let name: String
    let namespace: String
    /// Whether new pods become ready immediately.
    let makesReadyPods: Bool

    private static let revision = "deployment.kubernetes.io/revision"
    private static let hash = "pod-template-hash"

    private var key: ObjectKey { ObjectKey(.deployments, name, namespace: namespace) }

    /// Takes one step: observes, or creates, replaces or removes one pod.
    /// - Returns: Whether there was anything to do.
    func step(_ state: inout FakeClusterState) -> Bool {
        guard let deployment = state.store.objects[key] else { return false }
        defer { writeStatus(&state) }
        if deployment["status"]?["observedGeneration"] != deployment["metadata"]?["generation"] {
            observe(deployment, &state)
            return true
        }
        let desired = deployment["spec"]?["replicas"]?.intValue ?? 1
        guard let current = currentReplicaSet(deployment, state) else {
            guard deployment["spec"]?["paused"] != true else { return scaleOldest(to: desired, &state) }
            return false
        }
        return converge(current, desired, deployment, &state)
    }

    /// Moves one pod closer to the desired state: creates new ones first, then removes old ones, with at most one extra pod.
    private func converge(_ current: JSONValue, _ desired: Int, _ deployment: JSONValue, _ state: inout FakeClusterState) -> Bool {
        let template = current["metadata"]?["labels"]?[Self.hash]?.stringValue ?? ""
        let pods = pods(state)
        let new = pods.filter { $0["metadata"]?["labels"]?[Self.hash]?.stringValue == template }
        let old = pods.filter { $0["metadata"]?["labels"]?[Self.hash]?.stringValue != template }
        if new.count > desired {
            removePod(new[new.count - 1], &state)
        } else if new.count < desired, pods.count <= desired {
            addPod(to: current, deployment, &state)
        } else if let last = old.last, new.allSatisfy(Self.isReady) || old.count + new.count > desired + 1 {
            removePod(last, &state)
        } else {
            return false
        }
        return true
    }

    /// A paused deployment can still be scaled.
    private func scaleOldest(to desired: Int, _ state: inout FakeClusterState) -> Bool {
        let pods = pods(state)
        guard pods.count > desired, let last = pods.last else { return false }
        removePod(last, &state)
        return true
    }

    /// Records the generation, and creates or reuses the ReplicaSet of the template.
    private func observe(_ deployment: JSONValue, _ state: inout FakeClusterState) {
        var deployment = deployment
        var status = deployment["status"] ?? [:]
        status["observedGeneration"] = deployment["metadata"]?["generation"]
        deployment["status"] = status
        if deployment["spec"]?["paused"] != true { takeUpTemplate(&deployment, &state) }
        _ = state.store.put(key, deployment)
    }

    private func takeUpTemplate(_ deployment: inout JSONValue, _ state: inout FakeClusterState) {
        let sets = replicaSets(state)
        let latest = sets.map(Self.revisionNumber).max() ?? 0
        if var known = sets.first(where: { Self.template(of: $0) == deployment["spec"]?["template"] }) {
            if Self.revisionNumber(known) < latest {
                known["metadata"]?["annotations"] = [Self.revision: .string(String(latest + 1))]
                _ = state.store.put(ObjectKey(.replicaSets, known["metadata"]?["name"]?.stringValue ?? "", namespace: namespace), known)
            }
            annotate(&deployment, revision: Self.revisionNumber(known))
            return
        }
        let revision = latest + 1
        _ = state.store.put(
            ObjectKey(.replicaSets, "\(name)-\(Self.suffix(revision))", namespace: namespace),
            replicaSet(deployment, revision: revision))
        annotate(&deployment, revision: revision)
    }

    private func annotate(_ deployment: inout JSONValue, revision: Int) {
        var annotations = deployment["metadata"]?["annotations"] ?? [:]
        annotations[Self.revision] = .string(String(revision))
        deployment["metadata"]?["annotations"] = annotations
    }

    private func replicaSet(_ deployment: JSONValue, revision: Int) -> JSONValue {
        let template = deployment["spec"]?["template"] ?? [:]
        var labels = template["metadata"]?["labels"] ?? [:]
        labels[Self.hash] = .string(Self.suffix(revision))
        var labelled = template
        var metadata = template["metadata"] ?? [:]
        metadata["labels"] = labels
        labelled["metadata"] = metadata
        return [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "labels": labels, "annotations": [Self.revision: .string(String(revision))],
                "ownerReferences": [owner("apps/v1", deployment)],
            ],
            "spec": ["replicas": 0, "selector": ["matchLabels": labels], "template": labelled],
            "status": ["replicas": 0],
        ]
    }

    private func owner(_ apiVersion: String, _ object: JSONValue) -> JSONValue {
        [
            "apiVersion": .string(apiVersion), "kind": object["kind"] ?? "", "name": object["metadata"]?["name"] ?? "",
            "uid": object["metadata"]?["uid"] ?? "", "controller": true,
        ]
    }

    private func addPod(to set: JSONValue, _ deployment: JSONValue, _ state: inout FakeClusterState) {
        let setName = set["metadata"]?["name"]?.stringValue ?? name
        let taken = Set(state.store.objects.keys.filter { $0.plural == "pods" && $0.group.isEmpty }.map(\.name))
        let suffix = (0...).lazy.map(Self.podSuffix).first { !taken.contains("\(setName)-\($0)") } ?? ""
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "labels": set["spec"]?["template"]?["metadata"]?["labels"] ?? [:], "ownerReferences": [owner("apps/v1", set)],
                "annotations": set["spec"]?["template"]?["metadata"]?["annotations"] ?? [:],
            ],
            "spec": set["spec"]?["template"]?["spec"] ?? [:],
        ]
        _ = state.store.put(
            ObjectKey(.pods, "\(setName)-\(suffix)", namespace: namespace),
            PodState.pod(pod, ready: makesReadyPods, reason: "ContainerCreating"))
    }

    /// Creates a ready pod with a new name and the same ports for each existing one, and removes the old ones.
    func replacePods(_ state: inout FakeClusterState) {
        guard let deployment = state.store.objects[key], let current = currentReplicaSet(deployment, state) else { return }
        let names = pods(state).compactMap { $0["metadata"]?["name"]?.stringValue }
        for _ in names { addPod(to: current, deployment, &state) }
        let replacements = pods(state).compactMap { $0["metadata"]?["name"]?.stringValue }.filter { !names.contains($0) }
        for (name, replacement) in zip(names, replacements) {
            for (port, backend) in state.podPorts where port.pod == name && port.namespace == namespace {
                state.podPorts[port] = nil
                state.podPorts[PodPort(pod: replacement, namespace: namespace, port: port.port)] = backend
            }
            _ = state.store.remove(ObjectKey(.pods, name, namespace: namespace))
        }
        writeStatus(&state)
    }

    private func removePod(_ pod: JSONValue, _ state: inout FakeClusterState) {
        _ = state.store.remove(ObjectKey(.pods, pod["metadata"]?["name"]?.stringValue ?? "", namespace: namespace))
    }
}

extension DeploymentController {
    private func owned(_ plural: String, _ state: FakeClusterState) -> [JSONValue] {
        let selector = state.store.objects[key]?["spec"]?["selector"]?["matchLabels"]?.objectValue ?? [:]
        return state.store.objects.filter { key, object in
            let labels = object["metadata"]?["labels"]
            return key.plural == plural && key.group != "metrics.k8s.io" && key.namespace == namespace
                && selector.allSatisfy { labels?[$0.key] == $0.value }
        }.sorted { $0.key.name < $1.key.name }.map(\.value)
    }

    private func pods(_ state: FakeClusterState) -> [JSONValue] { owned("pods", state) }
    private func replicaSets(_ state: FakeClusterState) -> [JSONValue] { owned("replicasets", state) }

    private func currentReplicaSet(_ deployment: JSONValue, _ state: FakeClusterState) -> JSONValue? {
        replicaSets(state).first { Self.template(of: $0) == deployment["spec"]?["template"] }
    }

    /// The template as in the deployment, without the label that the ReplicaSet adds.
    private static func template(of set: JSONValue) -> JSONValue? {
        var template = set["spec"]?["template"]
        template?["metadata"]?["labels"]?[hash] = nil
        return template
    }

    private static func revisionNumber(_ set: JSONValue) -> Int {
        set["metadata"]?["annotations"]?[revision]?.stringValue.flatMap { Int($0) } ?? 0
    }

    private static func suffix(_ revision: Int) -> String { "7d9f8c\(revision)" }

    private static func podSuffix(_ index: Int) -> String { "x" + String(10_000 + index, radix: 36) }

    private static func isReady(_ pod: JSONValue) -> Bool {
        pod["status"]?["conditions"]?.arrayValue?.contains { $0["type"] == "Ready" && $0["status"] == "True" } ?? false
    }

    /// Counts the pods in the status of the deployment and the ReplicaSets.
    func writeStatus(_ state: inout FakeClusterState, stalled: Bool? = nil) {
        guard var deployment = state.store.objects[key] else { return }
        let all = pods(state)
        for var set in replicaSets(state) {
            let mine = all.filter { $0["metadata"]?["labels"]?[Self.hash] == set["metadata"]?["labels"]?[Self.hash] }
            let count = JSONValue.integer(mine.count)
            set["spec"]?["replicas"] = count
            set["status"] = ["replicas": count, "readyReplicas": .integer(mine.count { Self.isReady($0) })]
            _ = state.store.put(ObjectKey(.replicaSets, set["metadata"]?["name"]?.stringValue ?? "", namespace: namespace), set)
        }
        let current = currentReplicaSet(deployment, state)?["metadata"]?["labels"]?[Self.hash]
        let updated = all.filter { $0["metadata"]?["labels"]?[Self.hash] == current }
        let ready = all.filter(Self.isReady)
        let desired = deployment["spec"]?["replicas"]?.intValue ?? 1
        var status = deployment["status"] ?? [:]
        let isStalled = stalled ?? false
        let isComplete = updated.count == desired && all.count == desired && ready.count == desired
        status["replicas"] = .integer(all.count)
        status["updatedReplicas"] = .integer(updated.count)
        status["readyReplicas"] = .integer(ready.count)
        status["availableReplicas"] = .integer(ready.count)
        status["unavailableReplicas"] = ready.count < desired ? .integer(desired - ready.count) : nil
        status["conditions"] = [
            Self.condition(
                "Available", ready.count >= desired - 1,
                ready.count >= desired - 1 ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable"),
            isStalled
                ? Self.condition("Progressing", false, "ProgressDeadlineExceeded")
                : Self.condition("Progressing", true, isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated"),
        ]
        deployment["status"] = status
        _ = state.store.put(key, deployment)
    }

    private static func condition(_ type: String, _ holds: Bool, _ reason: String) -> JSONValue {
        ["type": .string(type), "status": holds ? "True" : "False", "reason": .string(reason)]
    }
}
