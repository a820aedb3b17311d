import Metrics
import PixelFlowCache
import PixelFlowCore
import Synchronization

/// Caches what this process has recently read about organisations, so that those without such data cost no round trip.
final class RecentReads<Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let read: ContinuousClock.Instant
    }

    private let entries: Mutex<BoundedEntries<TenantID, Entry>>
    private let age: Duration
    private let metrics: CacheMetrics

    /// - Parameters:
    ///   - name: of the cache, in metrics.
    ///   - age: the maximum age of an entry.
    ///   - capacity: the maximum number of organisations.
    init(_ name: String, within age: Duration, capacity: Int = 10_000, metrics: any MetricsFactory) {
        self.age = age
        entries = Mutex(BoundedEntries(limits: .entries(capacity)))
        self.metrics = CacheMetrics(name, metrics)
    }

    /// Nil if it is missing or too old; the caller must then read it.
    subscript(_ tenant: TenantID) -> Value? {
        guard let entry = entries.withLock({ $0.use(tenant) }), ContinuousClock.now - entry.read < age else {
            metrics.count(.miss)
            return nil
        }
        metrics.count(.hit)
        return entry.value
    }

    /// - Parameter read: when the read started.
    func put(_ value: Value, of tenant: TenantID, read: ContinuousClock.Instant) {
        entries.withLock { $0.put(Entry(value: value, read: read), for: tenant) }
    }

    func forget(_ tenant: TenantID) { entries.withLock { $0.remove(tenant) } }
}
