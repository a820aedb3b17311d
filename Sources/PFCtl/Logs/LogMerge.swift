import KubernetesClient

/// The logs of several pods as one.
struct LogMerge: Sendable {
    let session: Session
    /// For each request; its times are always asked for, as the order is made of them.
    let options: LogOptions
    let includes: @Sendable (LogLine) -> Bool
    let show: @Sendable (LogLine) -> Void

    /// Shows what there is, oldest first, whichever pod it is of.
    func showAll(of pods: [Pod]) async throws {
        let client = try session.client()
        let all = try await withThrowingTaskGroup(of: [LogLine].self) { group in
            for pod in pods {
                group.addTask { try await lines(of: pod.name, client) }
            }
            return try await group.reduce(into: [LogLine]()) { $0 += $1 }
        }
        // Lines of one pod at one moment keep their order.
        let ordered = all.enumerated().sorted {
            ($0.element.timeText, $0.element.pod, $0.offset) < ($1.element.timeText, $1.element.pod, $1.offset)
        }
        for (_, line) in ordered { show(line) }
    }

    private func lines(of pod: String, _ client: ClusterClient) async throws -> [LogLine] {
        var lines: [LogLine] = []
        do {
            for try await text in client.logs(pod, options) {
                let line = LogLine(pod: pod, stamped: text)
                if includes(line) { lines.append(line) }
            }
        } catch let error as KubernetesError where error.kind == .invalid || error.kind == .notFound {
            // A container that has not started has no log, and a pod may go while it is read.
            session.status.print(Text("\(pod): \(error.message)", .faint))
        }
        return lines
    }
}
