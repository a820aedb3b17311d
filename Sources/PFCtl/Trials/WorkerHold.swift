import KubernetesClient
import Terminal
import WireFormats

/// Removes workers temporarily, and restores them.
struct WorkerHold: Sendable {
    private let session: Session
    private let change: ChangeOptions
    private let workload: Workload
    /// The autoscaler that controls the replicas; nil if there is none.
    private let autoscaler: AutoscalerState?
    /// The number of remaining workers.
    let replicas: Int
    /// The original number of workers.
    let before: Int

    /// - Throws: `CommandError` if there are no workers to remove.
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

    /// Reverts `takeAway`, even if the command is being cancelled.
    func giveBack() async throws {
        let bounds = autoscaler.map { ($0.minimum, $0.maximum) } ?? (before, before)
        try await Task { try await set(workload.desired, bounds: bounds) }.value
    }

    /// How to restore the workers manually.
    var remedy: String {
        guard let autoscaler else { return "pfctl scale worker --replicas \(workload.desired)" }
        return "pfctl scale worker --min \(autoscaler.minimum) --max \(autoscaler.maximum) --replicas \(workload.desired)"
    }

    /// Sets the bounds first, because the autoscaler would otherwise change the replicas again.
    private func set(_ replicas: Int, bounds: (minimum: Int, maximum: Int)) async throws {
        let scaling = ServiceScaling(session: session, workload: workload, change: change)
        if let autoscaler {
            _ = try await scaling.setBounds(of: autoscaler, minimum: bounds.minimum, maximum: bounds.maximum)
        }
        _ = try await scaling.set(replicas, expecting: nil)
    }
}
