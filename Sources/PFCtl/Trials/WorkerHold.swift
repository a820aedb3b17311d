import KubernetesClient
import Terminal
import WireFormats

/// Removes workers temporarily, and restores them.
struct WorkerHold: Sendable {
    private let session: Session
    private let change: ChangeOptions
    private let workload: Workload
    /// Of the autoscaler that controls the replicas; nil if there is none.
    private let bounds: ScalingBounds?
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
        if let autoscaler = try await scalers.first(where: { $0.target == name }) {
            bounds = try await ScalingBounds(of: autoscaler, in: session)
        } else {
            bounds = nil
        }
        self.session = session
        self.change = change
        self.replicas = replicas
        before = workload.ready
        guard before > replicas else {
            throw CommandError(
                .failed, "\(before) of the workers \(before == 1 ? "is" : "are") ready: too few to remove one and leave \(replicas)",
                hint: bounds == nil
                    ? "pfctl scale worker --replicas \(replicas + 2) --wait" : "pfctl scale worker --min \(replicas + 2)")
        }
    }

    func plan(tasks: Int) -> Document {
        let how = bounds.map { "the bounds of \($0.name) to \(replicas)" } ?? "\(workload.reference) to \(replicas)"
        let present = before.counted("worker is", "workers are")
        let text = Text("would upload \(tasks.counted("image")), set \(how) while \(present) at work, and set it back (dry run)")
        let data: JSONValue = ["tasks": .integer(tasks), "from": .integer(before), "to": .integer(replicas)]
        return .message(text, data: data, names: [workload.reference])
    }

    /// Removes the workers, and waits until they are gone.
    func takeAway(within timeout: Duration) async throws {
        try await set(replicas, bounds: (replicas, replicas))
        let limit = replicas
        try await WorkloadWatch(session: session).wait(for: workload, timeout: timeout) { current in
            guard current.desired <= limit, current.existing <= limit else {
                return .waiting("\(current.existing) workers exist, \(current.desired) are wanted")
            }
            return .done
        }
    }

    /// - Throws: `CommandError` if something else has brought workers back in the meantime.
    func confirm() async throws {
        let current = Workload(object: .deployment(try await session.client().get(Deployment.self, workload.name)))
        guard current.desired <= replicas, current.existing <= replicas else {
            throw CommandError(
                .failed, "there are \(max(current.desired, current.existing)) workers again, although all but \(replicas) were taken away",
                hint: "does anything but the autoscaler of the chart scale \(workload.reference)?")
        }
    }

    /// Reverts `takeAway`, even if the command is being cancelled.
    func giveBack() async throws {
        let original = bounds.map { ($0.minimum, $0.maximum) } ?? (before, before)
        try await Task { try await set(workload.desired, bounds: original) }.value
    }

    /// How to restore the workers manually.
    var remedy: String {
        guard let bounds else { return "pfctl scale worker --replicas \(workload.desired)" }
        return "pfctl scale worker --min \(bounds.minimum) --max \(bounds.maximum) --replicas \(workload.desired)"
    }

    /// Sets the bounds first, because the autoscaler would otherwise change the replicas again.
    private func set(_ replicas: Int, bounds wanted: (minimum: Int, maximum: Int)) async throws {
        try await bounds?.set(minimum: wanted.minimum, maximum: wanted.maximum, change: change, in: session)
        _ = try await ServiceScaling(session: session, workload: workload, change: change).set(replicas, expecting: nil)
    }
}
