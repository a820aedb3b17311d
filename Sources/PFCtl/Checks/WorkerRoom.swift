import KubernetesClient

extension Check {
    /// A worker that fits on no node stays Pending, and the autoscaler counts on it nevertheless.
    static let workerRoom = Check("worker-room", "the nodes have room for every worker") { context in
        guard let status = context.status else { return .skipped("there is no installation") }
        let demands = WorkerDemand.all(of: status)
        let wanted = demands.reduce(0) { $0 + $1.count }
        guard wanted > 0 else { return .skipped("there are no workers") }
        do {
            async let nodes = context.client.list(Node.self, in: .all)
            async let pods = context.client.list(Pod.self, in: .all)
            let own = status.installation.release
            let others = try await pods.items.filter {
                !($0.metadata.release == own && $0.namespace == status.installation.namespace && $0.metadata.component == "worker")
            }
            var room = ClusterRoom(nodes: try await nodes.items, pods: others)
            guard !room.isEmpty else { return .skipped("no node takes pods") }
            let placed = demands.reduce(0) { $0 + room.place($1) }
            let reason = "\(placed) of \(wanted)"
            guard placed < wanted else { return .ok(reason) }
            return .warning(
                "\(reason), by what they request",
                hint: "the others stay Pending: lower worker.autoscaling.maxReplicas or worker.resources.requests, or add nodes "
                    + "(a cluster autoscaler does so by itself)")
        } catch let error as KubernetesError where error.kind == .forbidden {
            return .skipped("no permission to list nodes and the pods of every namespace")
        }
    }
}

/// The maximum number of pods that a Deployment of workers can have.
struct WorkerDemand: Sendable {
    let count: Int
    let spec: PodSpec

    /// One for each Deployment of workers, including pools: the maximum of its autoscaler, or its replicas.
    static func all(of status: InstallationStatus) -> [WorkerDemand] {
        status.installation.services.filter { $0.component == "worker" || $0.component.hasPrefix("worker-") }.compactMap { workload in
            guard let spec = workload.template?.spec else { return nil }
            return WorkerDemand(count: status.autoscaler(of: workload)?.maximum ?? workload.desired, spec: spec)
        }
    }
}

/// The free capacity of nodes: allocatable resources minus requests, as the scheduler counts them, without preferences for affinity and
/// spread.
struct ClusterRoom: Sendable {
    private struct Place {
        let node: Node
        var free: [String: Double]
    }

    private static let resources = ["cpu", "memory"]
    /// The default of Kubernetes.
    private static let podsOfANode = 110.0

    private var places: [Place]

    var isEmpty: Bool { places.isEmpty }

    /// - Parameter pods: The pods that stay in place; finished ones are ignored.
    init(nodes: [Node], pods: [Pod]) {
        let running = pods.filter { !["Succeeded", "Failed"].contains($0.status?.phase ?? "") }
        let byNode = Dictionary(grouping: running) { $0.spec?.nodeName ?? "" }
        places = nodes.filter { $0.spec?.unschedulable != true }.sorted { $0.name < $1.name }.map { node in
            var free = (node.status?.allocatable ?? [:]).mapValues(\.value)
            for pod in byNode[node.name] ?? [] { Self.take(Self.requests(of: pod.spec), from: &free) }
            return Place(node: node, free: free)
        }
    }

    /// Places as many of the pods as fit, each on the first node with room.
    ///
    /// - Returns: the number of placed pods.
    mutating func place(_ demand: WorkerDemand) -> Int {
        let requests = Self.requests(of: demand.spec)
        for placed in 0..<demand.count {
            guard let index = places.firstIndex(where: { $0.node.admits(demand.spec) && Self.fits(requests, $0.free) }) else {
                return placed
            }
            Self.take(requests, from: &places[index].free)
        }
        return demand.count
    }

    private static func fits(_ requests: [String: Double], _ free: [String: Double]) -> Bool {
        // Sums of quantities in thousandths have a rounding error.
        requests.allSatisfy { $0.value <= (free[$0.key] ?? ($0.key == "pods" ? podsOfANode : 0)) + 1e-6 }
    }

    private static func take(_ requests: [String: Double], from free: inout [String: Double]) {
        for (name, amount) in requests { free[name, default: name == "pods" ? podsOfANode : 0] -= amount }
    }

    /// Containers run together, so their requests add up; init containers run one at a time, so only the largest counts.
    private static func requests(of spec: PodSpec?) -> [String: Double] {
        var sums = ["pods": 1.0]
        for name in resources {
            let together = (spec?.containers ?? []).reduce(0.0) { $0 + ($1.resources?.requests?[name]?.value ?? 0) }
            let before = (spec?.initContainers ?? []).map { $0.resources?.requests?[name]?.value ?? 0 }.max() ?? 0
            sums[name] = max(together, before)
        }
        return sums
    }
}

extension Node {
    /// Whether its labels and taints allow a pod.
    fileprivate func admits(_ spec: PodSpec) -> Bool {
        guard (spec.nodeSelector ?? [:]).allSatisfy({ metadata.labels[$0.key] == $0.value }) else { return false }
        return (self.spec?.taints ?? []).allSatisfy { taint in
            taint.effect == "PreferNoSchedule" || (spec.tolerations ?? []).contains { $0.tolerates(taint) }
        }
    }
}

extension PodSpec.Toleration {
    fileprivate func tolerates(_ taint: Node.Taint) -> Bool {
        guard effect == nil || effect == taint.effect else { return false }
        guard let key else { return `operator` == "Exists" }
        return key == taint.key && (`operator` == "Exists" || (value ?? "") == (taint.value ?? ""))
    }
}
