import Metrics

/// Counts what becomes of spans.
struct ExportMetrics: Sendable {
    /// Why spans are lost.
    enum Drop: String, CaseIterable {
        /// More spans end than are exported.
        case queueFull = "queue_full"
        /// The collector did not answer, or was busy, for longer than it is retried.
        case failed
        /// The collector does not take them.
        case rejected
        /// The process ended first.
        case shutdown
    }

    let exported: Counter
    let retries: Counter
    let waiting: Meter
    private let drops: [Drop: Counter]

    init(_ factory: any MetricsFactory) {
        exported = Counter(label: "otlp_spans_exported_total", factory: factory)
        retries = Counter(label: "otlp_export_retries_total", factory: factory)
        waiting = Meter(label: "otlp_spans_waiting", factory: factory)
        drops = Dictionary(
            uniqueKeysWithValues: Drop.allCases.map {
                ($0, Counter(label: "otlp_spans_dropped_total", dimensions: [("reason", $0.rawValue)], factory: factory))
            })
    }

    func dropped(_ count: Int, _ reason: Drop) { drops[reason]?.increment(by: count) }
}
