import Metrics
import PixelFlowCore

/// Metrics of the connection pool: `database_pool_connections{backend,state}` and `database_pool_waiting{backend}`.
struct PoolGauges: Sendable {
    private let idle: Gauge
    private let busy: Gauge
    private let waiting: Gauge

    init(_ metrics: any MetricsFactory) {
        func connections(_ state: String) -> Gauge {
            Gauge(label: "database_pool_connections", dimensions: [("backend", "postgres"), ("state", state)], factory: metrics)
        }
        idle = connections("idle")
        busy = connections("busy")
        waiting = Gauge(label: "database_pool_waiting", dimensions: [("backend", "postgres")], factory: metrics)
    }

    func record(_ usage: SemaphoreUsage) {
        busy.record(usage.inUse)
        waiting.record(usage.waiting)
    }

    func record(idle count: Int) { idle.record(count) }
}
