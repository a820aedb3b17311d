import Metrics

/// Counts render processes: those that started, and those that ended by why.
struct RenderMetrics: Sendable {
    enum Ending: String, CaseIterable {
        /// Replaced after many jobs, or because it held much memory.
        case recycled
        /// Killed because its job was cancelled.
        case cancelled
        /// Killed at its job's deadline.
        case timedOut = "timed_out"
        case crashed
        /// Killed by someone outside: the kernel for lack of memory, an operator.
        case killed
        /// Ended because its job needed more memory than a render process may have.
        case outOfMemory = "out_of_memory"
        /// Replaced because the next job is another tenant's.
        case tenantChanged = "tenant_changed"
        /// Ended with the pool.
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
