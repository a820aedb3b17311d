package import KubernetesClient
package import WireFormats

extension FakeCluster {
    /// Creates a deployment with a ReplicaSet of revision 1 and only ready pods.
    /// - Parameter labels: Additional labels of the deployment and its pods; `app` is the name.
    @discardableResult
    package func deploy(
        _ name: String, replicas: Int = 1, image: String = "registry.example/app:1", labels: [String: String] = [:],
        namespace: String = "default", containerPort: Int = 8080
    ) -> JSONValue? {
        let all = labels.merging(["app": name]) { $1 }
        let values = JSONValue.object(all.mapValues { .string($0) })
        let container: JSONValue = [
            "name": .string(name), "image": .string(image), "ports": [["name": "http", "containerPort": .integer(containerPort)]],
        ]
        put(
            .deployments,
            [
                "metadata": ["name": .string(name), "labels": values],
                "spec": [
                    "replicas": .integer(replicas), "selector": ["matchLabels": ["app": .string(name)]],
                    "progressDeadlineSeconds": 600,
                    "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]],
                    "template": ["metadata": ["labels": values], "spec": ["containers": [container]]],
                ],
            ], namespace: namespace)
        completeRollout(name, namespace: namespace)
        return object(.deployments, name, namespace: namespace)
    }

    /// Takes one step of a rollout or of scaling.
    /// - Parameter ready: Whether a new pod becomes ready immediately.
    /// - Returns: Whether there was anything to do.
    @discardableResult
    package func advanceRollout(_ name: String, namespace: String = "default", ready: Bool = true) -> Bool {
        memory.withLock { state in
            let isChanged = DeploymentController(name: name, namespace: namespace, makesReadyPods: ready).step(&state)
            state.notify()
            return isChanged
        }
    }

    /// Takes steps until nothing is left to do.
    package func completeRollout(_ name: String, namespace: String = "default", ready: Bool = true) {
        for _ in 0..<1_000 where !advanceRollout(name, namespace: namespace, ready: ready) { return }
    }

    /// A rollout that creates a pod which never becomes ready, and then exceeds its progress deadline.
    package func stallRollout(_ name: String, namespace: String = "default", reason: String = "ImagePullBackOff") {
        completeRollout(name, namespace: namespace, ready: false)
        for pod in names(.pods, namespace: namespace) where pod.hasPrefix("\(name)-") {
            let isReady = object(.pods, pod, namespace: namespace)?["status"]?["phase"] == "Running"
            if !isReady { setReady(pod, false, reason: reason, namespace: namespace) }
        }
        memory.withLock { state in
            DeploymentController(name: name, namespace: namespace, makesReadyPods: false).writeStatus(&state, stalled: true)
            state.notify()
        }
    }

    /// Sets the readiness of a pod, and updates its deployment's status.
    /// - Parameter reason: Why it is waiting; with `Unready`, it runs and fails its probe.
    package func setReady(
        _ pod: String, _ ready: Bool, reason: String = "CrashLoopBackOff", message: String? = nil, restarts: Int? = nil,
        namespace: String = "default"
    ) {
        update(.pods, pod, namespace: namespace) { object in
            object = PodState.pod(object, ready: ready, reason: reason, message: message)
            guard let restarts, let count = object["status"]?["containerStatuses"]?.arrayValue?.count else { return }
            var statuses = object["status"]?["containerStatuses"]?.arrayValue ?? []
            for index in 0..<count { statuses[index]["restartCount"] = .integer(restarts) }
            object["status"]?["containerStatuses"] = .array(statuses)
        }
        memory.withLock { state in
            guard let app = state.store.objects[ObjectKey(.pods, pod, namespace: namespace)]?["metadata"]?["labels"]?["app"]?.stringValue
            else { return }
            DeploymentController(name: app, namespace: namespace, makesReadyPods: true).writeStatus(&state)
            state.notify()
        }
    }

    /// Restarts all pods of the cluster simultaneously after this number of calls, just before the next one.
    package func restartPods(after calls: Int) { memory.withLock { $0.callsUntilRestart = calls } }

    /// Whether the requested restart of the pods has happened.
    package var hasRestartedPods: Bool { memory.withLock { $0.callsUntilRestart == nil } }

    /// The names of a deployment's pods, sorted.
    package func pods(of deployment: String, namespace: String = "default") -> [String] {
        names(.pods, namespace: namespace).filter {
            object(.pods, $0, namespace: namespace)?["metadata"]?["labels"]?["app"] == .string(deployment)
        }
    }

    /// Repeatedly advances every deployment and autoscaler until the task is cancelled, like a real cluster.
    package func runControllers(every pause: Duration = .milliseconds(5), namespace: String = "default") -> Task<Void, Never> {
        Task {
            // bounded: by whoever holds the task, and cancels it.
            while !Task.isCancelled {
                memory.withLock { AutoscalingController(namespace: namespace).step(&$0) }
                for name in names(.deployments, namespace: namespace) { advanceRollout(name, namespace: namespace) }
                try? await Task.sleep(for: pause)
            }
        }
    }
}

extension FakeClusterState {
    mutating func restartPodsIfDue() {
        guard let calls = callsUntilRestart else { return }
        callsUntilRestart = calls > 0 ? calls - 1 : nil
        guard calls == 0 else { return }
        for key in store.objects.keys where key.plural == ResourceKind.deployments.plural {
            DeploymentController(name: key.name, namespace: key.namespace ?? "", makesReadyPods: true).replacePods(&self)
        }
        // The pods of a StatefulSet keep their names.
        for (key, pod) in store.objects where key.plural == ResourceKind.pods.plural && key.group.isEmpty {
            guard pod["metadata"]?["ownerReferences"] == nil else { continue }
            var again = pod
            for field in ["uid", "resourceVersion", "creationTimestamp"] { again["metadata"]?[field] = nil }
            _ = store.remove(key)
            _ = store.put(key, again)
        }
        notify()
    }
}

extension FakeCluster {
    /// Sets what `metrics.k8s.io` reports about a pod.
    package func setMetrics(pod: String, container: String, cpu: String, memory: String, namespace: String = "default") {
        let usage: JSONValue = ["name": .string(container), "usage": ["cpu": .string(cpu), "memory": .string(memory)]]
        let labels = object(.pods, pod, namespace: namespace)?["metadata"]?["labels"] ?? [:]
        put(
            .podMetrics,
            [
                "metadata": ["name": .string(pod), "labels": labels], "timestamp": .string(Timestamp.now.text), "window": "15s",
                "containers": [usage],
            ], namespace: namespace)
    }

    /// Records an event about an object.
    package func note(
        _ reason: String, _ message: String, about kind: String, _ name: String, type: String = "Normal", count: Int = 1,
        at time: Timestamp = .now, namespace: String = "default"
    ) {
        let number = names(.events, namespace: namespace).count
        put(
            .events,
            [
                "metadata": ["name": .string("\(name).\(number)")],
                "involvedObject": ["kind": .string(kind), "name": .string(name), "namespace": .string(namespace)],
                "type": .string(type), "reason": .string(reason), "message": .string(message), "count": .integer(count),
                "firstTimestamp": .string(time.text), "lastTimestamp": .string(time.text), "source": ["component": "stand-in"],
            ], namespace: namespace)
    }
}
