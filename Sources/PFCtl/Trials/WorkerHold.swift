import KubernetesClient
import Terminal
import WireFormats

/// Takes workers away for a while, and gives them back.
struct WorkerHold: Sendable {
    private let session: Session
    private let change: ChangeOptions
    private let workload: Workload
    /// What owns the replicas; nil if nothing does.
    private let autoscaler: AutoscalerState?
    /// How many workers are left.
    let replicas: Int
    /// How many there were.
    let before: Int

    /// - Throws: `CommandError` if there are no workers to take away.
    init(session: Session, change: ChangeOptions, replicas: Int) async throws {
        async let found = Installation.find(in: session)
        async let scalers = ServiceScaling.autoscalers(in: session)
        workload = try await found.deployment("worker").workload
        let name = workload.name
        autoscaler = try await scalers.first { $0.target == name }
        self.session = session
        self.change = change
        self.replicas = replicas
        before = workload.ready
        guard before > replicas else {
            throw CommandError(
                .failed, "\(before) of the workers \(before == 1 ? "is" : "are") ready: too few to remove one and leave \(replicas)",
                hint: autoscaler == nil
                    ? "pfctl scale worker --replicas \(replicas + 2) --wait" : "pfctl scale worker --min \(replicas + 2)")
        }
    }

    func plan(tasks: Int) -> Document {
        let how = autoscaler.map { "the bounds of \($0.name) to \(replicas)" } ?? "\(workload.reference) to \(replicas)"
        let text = Text("would upload \(tasks) images, set \(how) while \(before) workers are at work, and set it back (dry run)")
        let data: JSONValue = ["tasks": .integer(tasks), "from": .integer(before), "to": .integer(replicas)]
        return .message(text, data: data, names: [workload.reference])
    }

    func takeAway() async throws { try await set(replicas, bounds: (replicas, replicas)) }

    /// Undoes `takeAway`, also where the command is being cancelled.
    func giveBack() async throws {
        let bounds = autoscaler.map { ($0.minimum, $0.maximum) } ?? (before, before)
        try await Task { try await set(workload.desired, bounds: bounds) }.value
    }

    /// How to give the workers back by hand.
    var remedy: String {
        guard let autoscaler else { return "pfctl scale worker --replicas \(workload.desired)" }
        return "pfctl scale worker --min \(autoscaler.minimum) --max \(autoscaler.maximum) --replicas \(workload.desired)"
    }

    /// The bounds come first: the autoscaler would change the replicas again.
    private func set(_ replicas: Int, bounds: (minimum: Int, maximum: Int)) async throws {
        let scaling = ServiceScaling(session: session, workload: workload, change: change)
        if let autoscaler {
            _ = try await scaling.setBounds(of: autoscaler, minimum: bounds.minimum, maximum: bounds.maximum)
        }
        _ = try await scaling.set(replicas, expecting: nil)
    }
}
