import KubernetesClient

extension PodSpec {
    /// What the scheduler reserves on a node for a pod: `cpu` in cores, `memory` in bytes, and one of `pods`.
    ///
    /// Containers and sidecars run together, so their requests add up. Other init containers run one at a time, together with the sidecars
    /// before them, so the largest of these sums counts if it is above the first one. Requests of the pod as a whole replace them.
    /// The runtime's overhead comes on top.
    var reserved: [String: Double] {
        var reserved = ["pods": 1.0]
        for name in ["cpu", "memory"] {
            let whole = resources?.amount(of: name) ?? together(name)
            reserved[name] = whole + (overhead?[name]?.value ?? 0)
        }
        return reserved
    }

    private func together(_ name: String) -> Double {
        var sidecars = 0.0
        var starting = 0.0
        for container in initContainers ?? [] {
            let amount = container.resources?.amount(of: name) ?? 0
            if container.isSidecar {
                sidecars += amount
                starting = max(starting, sidecars)
            } else {
                starting = max(starting, sidecars + amount)
            }
        }
        let running = (containers ?? []).reduce(sidecars) { $0 + ($1.resources?.amount(of: name) ?? 0) }
        return max(running, starting)
    }

    /// This template with what the cluster has added to a pod of it: the proxy of a mesh, and the overhead of its runtime class.
    func adding(whatIsIn pod: PodSpec) -> PodSpec {
        var all = self
        all.containers = (containers ?? []) + Self.added(in: pod.containers, to: containers)
        // Those that are added start before the others: the network of the pod is theirs.
        all.initContainers = Self.added(in: pod.initContainers, to: initContainers) + (initContainers ?? [])
        all.overhead = overhead ?? pod.overhead
        return all
    }

    private static func added(in pod: [Container]?, to template: [Container]?) -> [Container] {
        let own = Set((template ?? []).map(\.name))
        return (pod ?? []).filter { !own.contains($0.name) }
    }
}

extension Container {
    /// Starts with the init containers, and runs as long as the pod.
    var isSidecar: Bool { restartPolicy == "Always" }
}

extension Container.Resources {
    /// Without a request, Kubernetes requests the limit.
    fileprivate func amount(of name: String) -> Double? { (requests?[name] ?? limits?[name])?.value }
}
