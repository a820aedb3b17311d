import KubernetesClient

extension Check {
    /// A worker that fits on no node stays Pending, and the autoscaler counts on it nevertheless.
    static let workerRoom = Check("worker-room", "the nodes have room for every worker") { context in
        guard let status = context.status else { return .skipped("there is no installation") }
        let workers = WorkerDemand.workers(of: status)
        guard !workers.isEmpty else { return .skipped("there are no workers") }
        do {
            async let nodes = context.client.list(Node.self, in: .all)
            async let pods = context.client.list(Pod.self, in: .all)
            let installation = status.installation
            let (own, others) = try await pods.items.separated {
                $0.metadata.release == installation.release && $0.namespace == installation.namespace && $0.metadata.component == "worker"
            }
            let demands = workers.compactMap { WorkerDemand(of: $0, status, pods: own) }
            let wanted = demands.reduce(0) { $0 + $1.count }
            guard wanted > 0 else { return .skipped("there are no workers") }
            var room = ClusterRoom(nodes: try await nodes.items, pods: others)
            guard !room.isEmpty else { return .skipped("no node takes pods") }
            let placed = demands.reduce(0) { $0 + room.place($1) }
            let rest = demands.contains { $0.spec.dependsOnOtherPods } ? ", without their rules about other pods" : ""
            guard placed < wanted else { return .ok("\(placed) of \(wanted)\(rest)") }
            return .warning(
                "\(placed) of \(wanted), by what they request\(rest)",
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

    /// The Deployments of workers, including pools.
    static func workers(of status: InstallationStatus) -> [Workload] {
        status.installation.services.filter { $0.component == "worker" || $0.component.hasPrefix("worker-") }
    }

    /// The maximum of the autoscaler, or the replicas, each with what a running pod has in addition to the template.
    ///
    /// - Parameter pods: The pods of all workers.
    init?(of workload: Workload, _ status: InstallationStatus, pods: [Pod]) {
        guard let template = workload.template?.spec else { return nil }
        let own = pods.filter { workload.owns($0.metadata.labels) && $0.status?.phase == "Running" }
        let newest = own.max { Self.created($0) < Self.created($1) }
        count = status.autoscaler(of: workload)?.maximum ?? workload.desired
        spec = newest?.spec.map { template.adding(whatIsIn: $0) } ?? template
    }

    private static func created(_ pod: Pod) -> Double { pod.metadata.creationTimestamp?.secondsSinceEpoch ?? 0 }
}

extension Sequence {
    /// The elements that satisfy a condition, and the others.
    fileprivate func separated(_ isFirst: (Element) -> Bool) -> (first: [Element], rest: [Element]) {
        reduce(into: (first: [], rest: [])) { isFirst($1) ? $0.first.append($1) : $0.rest.append($1) }
    }
}

/// The free capacity of nodes: allocatable resources minus requests, as the scheduler counts them, without rules about other pods.
struct ClusterRoom: Sendable {
    private struct Candidate {
        let node: Node
        var free: [String: Double]
    }

    /// The default of Kubernetes.
    private static let podsOfANode = 110.0

    private var candidates: [Candidate]

    var isEmpty: Bool { candidates.isEmpty }

    /// - Parameter pods: The pods that stay in place; finished ones are ignored.
    init(nodes: [Node], pods: [Pod]) {
        let running = pods.filter { !["Succeeded", "Failed"].contains($0.status?.phase ?? "") }
        let byNode = Dictionary(grouping: running) { $0.spec?.nodeName ?? "" }
        candidates = nodes.filter { $0.spec?.unschedulable != true }.sorted { $0.name < $1.name }.map { node in
            var free = (node.status?.allocatable ?? [:]).mapValues(\.value)
            for pod in byNode[node.name] ?? [] { Self.take(pod.spec?.reserved ?? ["pods": 1], from: &free) }
            return Candidate(node: node, free: free)
        }
    }

    /// Places as many of the pods as fit, each on the first node with room.
    ///
    /// - Returns: the number of placed pods.
    mutating func place(_ demand: WorkerDemand) -> Int {
        let requests = demand.spec.reserved
        for placed in 0..<demand.count {
            guard let index = candidates.firstIndex(where: { $0.node.admits(demand.spec) && Self.fits(requests, $0.free) }) else {
                return placed
            }
            Self.take(requests, from: &candidates[index].free)
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
}
