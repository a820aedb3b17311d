import AsyncPrimitives
import KubernetesClient
import Synchronization
import Terminal

/// Follows the logs of all pods that match a selector, including those created later.
final class LogFollower: Sendable {
    /// The pause before a log that ended immediately is requested again.
    private static let pause = Duration.milliseconds(500)

    private struct State {
        var followed: Set<String> = []
        /// The last displayed line of each pod, where its log resumes after a lost connection.
        var last: [String: LogLine] = [:]
    }

    private let merge: LogMerge
    private let selector: ListOptions
    private let isWanted: @Sendable (Pod) -> Bool
    private let state = Mutex(State())

    init(merge: LogMerge, selector: ListOptions, isWanted: @escaping @Sendable (Pod) -> Bool) {
        self.merge = merge
        self.selector = selector
        self.isWanted = isWanted
    }

    /// Runs until the task is cancelled, or access to the pods is no longer permitted.
    func run() async throws {
        let client = try merge.session.client()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for try await event in client.watch(Pod.self, in: .current, selector) {
                switch event {
                case .listed(let pods): for pod in pods { follow(pod, client, in: &group) }
                case .added(let pod), .modified(let pod): follow(pod, client, in: &group)
                case .deleted: break
                case .interrupted(let error): merge.session.status.print(Text("retrying: \(error.message)", .faint))
                }
            }
        }
    }

    private func follow(_ pod: Pod, _ client: ClusterClient, in group: inout ThrowingTaskGroup<Void, any Error>) {
        let isRunning = pod.status?.containerStatuses?.contains { $0.state?.running != nil } ?? false
        guard isWanted(pod), isRunning, state.withLock({ $0.followed.insert(pod.name).inserted }) else { return }
        group.addTask { try await self.follow(pod.name, client) }
    }

    private func follow(_ pod: String, _ client: ClusterClient) async throws {
        defer { state.withLock { _ = $0.followed.remove(pod) } }
        let reportRetry: (KubernetesError) -> Void = { [merge] error in
            merge.session.status.print(Text("\(pod): retrying, \(error.message)", .faint))
        }
        do {
            try await retryTransient(.every(Self.pause), onRetry: reportRetry) {
                for try await text in client.logs(pod, options(for: pod)) { take(LogLine(pod: pod, stamped: text)) }
            }
        } catch is KubernetesError {}
        // The container has terminated; if it restarts, the watch reports it.
    }

    private func options(for pod: String) -> LogOptions {
        var options = merge.options
        options.follow = true
        guard let time = state.withLock({ $0.last[pod]?.time }) else { return options }
        options.tail = nil
        options.since = nil
        options.sinceTime = time
        return options
    }

    /// Logs can only be resumed from whole seconds, so lines that were already shown come again and are skipped.
    private func take(_ line: LogLine) {
        let isNew = state.withLock { state in
            if let last = state.last[line.pod], line.timeText <= last.timeText { return false }
            state.last[line.pod] = line
            return true
        }
        if isNew, merge.includes(line) { merge.show(line) }
    }
}
