import KubernetesClient

/// A line of a pod's log, as the cluster gives it with its time.
struct LogLine: Sendable {
    let pod: String
    /// When the container wrote it; nil where the cluster did not say.
    let time: Timestamp?
    /// The time as it was written, to the nanosecond: the order within a pod.
    let timeText: String
    let text: String

    /// - Parameter stamped: `2026-05-01T12:30:00.123456789Z text`
    init(pod: String, stamped: String) {
        self.pod = pod
        let space = stamped.firstIndex(of: " ")
        let first = space.map { String(stamped[..<$0]) } ?? stamped
        time = Timestamp(first)
        timeText = time == nil ? "" : first
        text = time == nil ? stamped : space.map { String(stamped[stamped.index(after: $0)...]) } ?? ""
    }
}
