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

    private let entries = Mutex<[TenantID: Entry]>([:])
    private let age: Duration
    /// The maximum number of organisations; beyond it, all entries are dropped and read again.
    private let capacity: Int
    private let metrics: CacheMetrics

    /// - Parameters:
    ///   - name: of the cache, in metrics.
    ///   - age: the maximum age of an entry.
    init(_ name: String, within age: Duration, capacity: Int = 10_000, metrics: any MetricsFactory) {
        self.age = age
        self.capacity = capacity
        self.metrics = CacheMetrics(name, metrics)
    }

    /// Nil if it is missing or too old; the caller must then read it.
    subscript(_ tenant: TenantID) -> Value? {
        guard let entry = entries.withLock({ $0[tenant] }), ContinuousClock.now - entry.read < age else {
            metrics.count(.miss)
            return nil
        }
        metrics.count(.hit)
        return entry.value
    }

    /// - Parameter read: when the read started.
    func put(_ value: Value, of tenant: TenantID, read: ContinuousClock.Instant) {
        entries.withLock { entries in
            if entries.count >= capacity, entries[tenant] == nil { entries.removeAll() }
            entries[tenant] = Entry(value: value, read: read)
        }
    }

    func forget(_ tenant: TenantID) { entries.withLock { _ = $0.removeValue(forKey: tenant) } }
}
