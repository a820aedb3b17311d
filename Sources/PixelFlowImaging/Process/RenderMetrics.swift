import Metrics

/// Counts started render processes, and ended ones by reason.
struct RenderMetrics: Sendable {
    enum Ending: String, CaseIterable {
        /// Replaced after many jobs, or because it used much memory.
        case recycled
        /// Killed because its job was cancelled.
        case cancelled
        /// Killed at the deadline of its job.
        case timedOut = "timed_out"
        case crashed
        /// Killed from outside: by the kernel because of a lack of memory, or by an operator.
        case killed
        /// Ended because its job needed more memory than the limit.
        case outOfMemory = "out_of_memory"
        /// Replaced because the next job belongs to another tenant.
        case tenantChanged = "tenant_changed"
        /// Ended at shutdown of the pool.
        case closed
    }

    private let started: Counter
    private let ended: [Ending: Counter]

    init(_ factory: any MetricsFactory) {
        started = Counter(label: "render_processes_started_total", factory: factory)
        ended = Dictionary(
            uniqueKeysWithValues: Ending.allCases.map {
                ($0, Counter(label: "render_processes_ended_total", dimensions: [("reason", $0.rawValue)], factory: factory))
            })
    }

    func hasStarted() { started.increment() }
    func hasEnded(_ ending: Ending) { ended[ending]?.increment() }
}
