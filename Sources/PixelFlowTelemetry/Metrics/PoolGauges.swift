package import Metrics
package import PixelFlowCore
import Synchronization

/// Metrics of a connection pool: `database_pool_connections{backend,state}` and `database_pool_waiting{backend}`.
package final class PoolGauges: Sendable {
    private let idle: Gauge
    private let busy: Gauge
    private let waiting: Gauge
    /// Connections that have been opened and kept.
    private let opened = Mutex(0)
    private let keepsConnections: Bool

    /// - Parameter keepsConnections: whether the pool keeps every connection that it has opened, so that those not in use are idle.
    ///   A pool that closes connections records the idle ones itself.
    package init(_ metrics: any MetricsFactory, backend: String, keepsConnections: Bool) {
        func connections(_ state: String) -> Gauge {
            Gauge(label: "database_pool_connections", dimensions: [("backend", backend), ("state", state)], factory: metrics)
        }
        self.keepsConnections = keepsConnections
        idle = connections("idle")
        busy = connections("busy")
        waiting = Gauge(label: "database_pool_waiting", dimensions: [("backend", backend)], factory: metrics)
        record(SemaphoreUsage())
        record(idle: 0)
    }

    package func record(_ usage: SemaphoreUsage) {
        busy.record(usage.inUse)
        waiting.record(usage.waiting)
        guard keepsConnections else { return }
        let opened = opened.withLock { opened in
            opened = max(opened, usage.inUse)
            return opened
        }
        record(idle: opened - usage.inUse)
    }

    package func record(idle count: Int) { idle.record(count) }
}
