import Metrics

/// Metrics of orphans.
struct OrphanMetrics: Sendable {
    private let blocked: [SweepOutcome.Block: Gauge]
    private let unknown: Gauge
    private let removed: Counter

    init(_ factory: any MetricsFactory) {
        // Created at startup, so that alerts have a series to evaluate.
        blocked = Dictionary(
            uniqueKeysWithValues: SweepOutcome.Block.allCases.map { block in
                let gauge = Gauge(label: "orphan_collection_blocked", dimensions: [("reason", block.rawValue)], factory: factory)
                gauge.record(0)
                return (block, gauge)
            })
        unknown = Gauge(label: "orphaned_tasks", factory: factory)
        removed = Counter(label: "orphans_removed_total", factory: factory)
    }

    func record(_ outcome: SweepOutcome) {
        for (block, gauge) in blocked { gauge.record(outcome.blocked == block ? 1 : 0) }
        // A sweep that was blocked before it looked knows nothing about orphans, so the last number stays.
        if outcome.hasLooked { unknown.record(outcome.unknown) }
        removed.increment(by: outcome.removed)
    }
}
