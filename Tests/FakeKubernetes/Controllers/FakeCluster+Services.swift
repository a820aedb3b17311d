package import KubernetesClient
package import WireFormats

/// A pod that a Service sends connections to.
package struct ServiceEndpoint: Sendable, Hashable {
    package let pod: String
    /// The number of the container's port.
    package let port: Int
}

extension FakeCluster {
    /// Makes a Service of pods with the label `app`, which is its name, for their port `http`.
    package func serve(_ name: String, port: Int, namespace: String = "default") {
        put(
            .services,
            [
                "metadata": ["name": .string(name)],
                "spec": ["selector": ["app": .string(name)], "ports": [["port": .integer(port), "targetPort": "http"]]],
            ], namespace: namespace)
    }

    /// Where a Service sends connections at the moment, as the controller of EndpointSlices computes it: the pods that its
    /// selector selects and that are ready. Where there is none, a client's connection is refused.
    package func endpoints(of service: String, namespace: String = "default") -> [ServiceEndpoint] {
        guard let spec = object(.services, service, namespace: namespace)?["spec"] else { return [] }
        let selector = spec["selector"]?.objectValue ?? [:]
        let target = spec["ports"]?[0]?["targetPort"]
        return names(.pods, namespace: namespace).compactMap { name in
            guard let pod = object(.pods, name, namespace: namespace), Self.isReady(pod), Self.isSelected(pod, by: selector),
                let port = Self.port(target, of: pod)
            else { return nil }
            return ServiceEndpoint(pod: name, port: port)
        }
    }

    /// What the kubelet makes of one answer to a readiness probe.
    ///
    /// - Parameter failureThreshold: that many failures in a row make the pod unready; one success makes it ready.
    package func noteProbe(of pod: String, isOK: Bool, failureThreshold: Int, namespace: String = "default") {
        let failures = memory.withLock { state in
            let key = ObjectKey(.pods, pod, namespace: namespace)
            let count = isOK ? 0 : (state.failedProbes[key] ?? 0) + 1
            state.failedProbes[key] = count
            return count
        }
        if isOK { return setReady(pod, true, namespace: namespace) }
        if failures >= failureThreshold { setReady(pod, false, reason: "Unready", namespace: namespace) }
    }

    private static func isReady(_ pod: JSONValue) -> Bool {
        pod["status"]?["conditions"]?.arrayValue?.contains { $0["type"] == "Ready" && $0["status"] == "True" } ?? false
    }

    /// A Service without a selector has no endpoints but those that somebody makes for it.
    private static func isSelected(_ pod: JSONValue, by selector: [String: JSONValue]) -> Bool {
        !selector.isEmpty && selector.allSatisfy { pod["metadata"]?["labels"]?[$0.key] == $0.value }
    }

    private static func port(_ target: JSONValue?, of pod: JSONValue) -> Int? {
        if let number = target?.intValue { return number }
        let ports = (pod["spec"]?["containers"]?.arrayValue ?? []).flatMap { $0["ports"]?.arrayValue ?? [] }
        return ports.first { $0["name"] == target }?["containerPort"]?.intValue
    }
}
