import KubernetesClient
import Synchronization
import Terminal

/// Watches one workload until a condition holds, and reconnects if the connection is lost.
struct WorkloadWatch: Sendable {
    enum Progression: Sendable {
        case done
        /// With a description of the pending step.
        case waiting(String)
    }

    let session: Session

    /// - Parameters:
    ///   - judge: Evaluates each state of the workload; throws if the awaited state cannot be reached.
    /// - Returns: The workload in its final state.
    @discardableResult
    func wait(
        for workload: Workload, timeout: Duration, judge: @escaping @Sendable (Workload) throws -> Progression
    ) async throws -> Workload {
        let progress = Progress()
        return try await session.status.spinning {
            try await Deadline.within(timeout, "\(workload.component) did not finish", state: { progress.last }) {
                switch workload.object {
                case .deployment: try await follow(Deployment.self, workload, progress, { .deployment($0) }, judge)
                case .statefulSet: try await follow(StatefulSet.self, workload, progress, { .statefulSet($0) }, judge)
                }
            }
        }
    }

    /// The last observed progress.
    private final class Progress: Sendable {
        private let text = Mutex<String?>(nil)

        var last: String? { text.withLock { $0 } }
        func note(_ what: String) { text.withLock { $0 = what } }
    }

    private func follow<R: KubernetesResource>(
        _ type: R.Type, _ workload: Workload, _ progress: Progress, _ wrap: (R) -> Workload.Object,
        _ judge: (Workload) throws -> Progression
    ) async throws -> Workload {
        let options = ListOptions(fieldSelector: "metadata.name=\(workload.name)")
        for try await event in try session.client().watch(type, in: .current, options) {
            guard let latest = try latest(event, workload) else { continue }
            let current = Workload(object: wrap(latest))
            switch try judge(current) {
            case .done: return current
            case .waiting(let what):
                progress.note(what)
                session.status.show("\(workload.component): \(what)")
            }
        }
        throw CancellationError()
    }

    /// The workload of the event; nil if the event does not concern it.
    private func latest<R: KubernetesResource>(_ event: WatchEvent<R>, _ workload: Workload) throws -> R? {
        switch event {
        case .listed(let objects):
            guard let found = objects.first else { throw gone(workload) }
            return found
        case .added(let object), .modified(let object): return object
        case .deleted: throw gone(workload)
        case .interrupted(let error):
            session.status.show("\(workload.component): retrying, \(error.message)")
            return nil
        }
    }

    private func gone(_ workload: Workload) -> CommandError {
        CommandError(.failed, "\(workload.reference) was deleted in the meantime")
    }
}
