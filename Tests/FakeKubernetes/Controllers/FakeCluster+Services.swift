package import KubernetesClient
package import WireFormats

/// A pod to which a Service sends connections.
package struct ServiceEndpoint: Sendable, Hashable {
    package let pod: String
    /// The number of the container's port.
    package let port: Int
}

extension FakeCluster {
    /// Creates a Service for the port `http` of pods whose label `app` equals its name.
    package func serve(_ name: String, port: Int, namespace: String = "default") {
        put(
            .services,
            [
                "metadata": ["name": .string(name)],
                "spec": ["selector": ["app": .string(name)], "ports": [["port": .integer(port), "targetPort": "http"]]],
            ], namespace: namespace)
    }

    /// The current targets of a Service, as computed by the EndpointSlice controller: the ready pods that its
    /// selector matches. If there are none, connections of clients are refused.
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

    /// Applies the result of one readiness probe like the kubelet.
    ///
    /// - Parameter failureThreshold: the consecutive failures after which the pod is unready; one success makes it ready.
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

    /// A Service without a selector has only endpoints that are created for it explicitly.
    private static func isSelected(_ pod: JSONValue, by selector: [String: JSONValue]) -> Bool {
        !selector.isEmpty && selector.allSatisfy { pod["metadata"]?["labels"]?[$0.key] == $0.value }
    }

    private static func port(_ target: JSONValue?, of pod: JSONValue) -> Int? {
        if let number = target?.intValue { return number }
        let ports = (pod["spec"]?["containers"]?.arrayValue ?? []).flatMap { $0["ports"]?.arrayValue ?? [] }
        return ports.first { $0["name"] == target }?["containerPort"]?.intValue
    }
}
