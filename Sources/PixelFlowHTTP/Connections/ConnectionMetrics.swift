import Metrics
import Synchronization

/// The metrics of a service's connections.
final class ConnectionMetrics: Sendable {
    private let open: Gauge
    private let count = Atomic(0)
    private let refused: [ConnectionState.Refusal: Counter]

    init(service: String, factory: any MetricsFactory) {
        open = Gauge(label: "\(service)_connections_open", factory: factory)
        refused = Dictionary(
            uniqueKeysWithValues: ConnectionState.Refusal.allCases.map { reason in
                let label = "\(service)_connections_refused_total"
                return (reason, Counter(label: label, dimensions: [("reason", reason.rawValue)], factory: factory))
            })
        open.record(0)
    }

    func opened() { open.record(count.wrappingAdd(1, ordering: .relaxed).newValue) }
    func closed() { open.record(count.wrappingSubtract(1, ordering: .relaxed).newValue) }
    func refused(_ reason: ConnectionState.Refusal) { refused[reason]?.increment() }
}
