import Metrics

/// Counts exported and dropped spans.
struct ExportMetrics: Sendable {
    /// Why spans are dropped.
    enum Drop: String, CaseIterable {
        /// More spans end than can be exported.
        case queueFull = "queue_full"
        /// The collector was unavailable or overloaded for longer than the export timeout.
        case failed
        /// The collector has rejected them.
        case rejected
        /// The process ended before they were exported.
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
