import KubernetesClient

/// Waits for a rollout to come to its end.
struct RolloutWait: Sendable {
    let session: Session

    /// - Throws: `CommandFailure` where it fails, is paused, or takes too long.
    @discardableResult
    func wait(for workload: Workload, timeout: Duration) async throws -> Workload {
        try await WorkloadWatch(session: session).wait(for: workload, timeout: timeout) { current in
            switch RolloutProgress(current) {
            case .complete: return .done
            case .failed(let why):
                throw CommandFailure(
                    .failed, "the rollout of \(current.component) does not come along: \(why)",
                    hint: "pfctl status tells why; pfctl rollout undo \(current.component) takes it back")
            case .underway(let what):
                guard !current.isPaused else {
                    throw CommandFailure(
                        .failed, "the rollout of \(current.component) is paused: \(what)",
                        hint: "pfctl rollout resume \(current.component) goes on")
                }
                return .waiting(what)
            }
        }
    }
}
