import Metrics
import PixelFlowCore

/// The metrics of event streams.
struct EventMetrics: Sendable {
    let streams: Meter
    let dropped: Counter
    let held: HeldBytes
    private let refusedByUser: Counter
    private let refusedByTotal: Counter

    init(_ factory: any MetricsFactory) {
        streams = Meter(label: "event_streams", factory: factory)
        dropped = Counter(label: "event_streams_dropped_total", factory: factory)
        held = HeldBytes(Meter(label: "event_streams_waiting_bytes", factory: factory))
        refusedByUser = Counter(label: "event_streams_refused_total", dimensions: [("limit", "user")], factory: factory)
        refusedByTotal = Counter(label: "event_streams_refused_total", dimensions: [("limit", "total")], factory: factory)
    }

    func countRefusal(_ error: PixelFlowError) {
        (error.kind == .throttled ? refusedByUser : refusedByTotal).increment()
    }
}
