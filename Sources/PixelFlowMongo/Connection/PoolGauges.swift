import Metrics
import PixelFlowCore
import Synchronization

/// Metrics of the connection pool: `database_pool_connections{backend,state}` and `database_pool_waiting{backend}`.
final class PoolGauges: Sendable {
    private let waiting: Gauge
    private let busy: Gauge
    private let idle: Gauge
    /// Connections are opened on demand and kept.
    private let opened = Mutex(0)

    init(_ metrics: any MetricsFactory) {
        func connections(_ state: String) -> Gauge {
            Gauge(label: "database_pool_connections", dimensions: [("backend", "mongodb"), ("state", state)], factory: metrics)
        }
        waiting = Gauge(label: "database_pool_waiting", dimensions: [("backend", "mongodb")], factory: metrics)
        busy = connections("busy")
        idle = connections("idle")
        record(SemaphoreUsage())
    }

    func record(_ usage: SemaphoreUsage) {
        let opened = opened.withLock { opened in
            opened = max(opened, usage.inUse)
            return opened
        }
        waiting.record(usage.waiting)
        busy.record(usage.inUse)
        idle.record(opened - usage.inUse)
    }
}
