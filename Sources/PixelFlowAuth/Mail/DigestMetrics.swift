import Metrics
import PixelFlowIdentity

/// Counts digests of tasks by outcome. Each series is created at start with the value 0, so that the first event shows as an increase.
struct DigestMetrics: Sendable {
    private let queued, empty, unreachable, superseded, postponed: Counter

    init(_ factory: any MetricsFactory) {
        func counter(_ outcome: String) -> Counter {
            Counter(label: "auth_task_digests_total", dimensions: [("outcome", outcome)], factory: factory)
        }
        queued = counter("queued")
        empty = counter("empty")
        unreachable = counter("unreachable")
        superseded = counter("superseded")
        postponed = counter("postponed")
    }

    func count(_ count: IdentityStore.DigestCount) {
        queued.increment(by: count.queued)
        empty.increment(by: count.empty)
        unreachable.increment(by: count.unreachable)
        superseded.increment(by: count.superseded)
        postponed.increment(by: count.postponed)
    }
}
