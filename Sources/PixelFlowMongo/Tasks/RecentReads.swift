import Metrics
import PixelFlowCache
import PixelFlowCore
import Synchronization

/// What this process has read of organisations lately, so that those that have nothing of the kind pay no round trip for that.
final class RecentReads<Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let read: ContinuousClock.Instant
    }

    private let entries = Mutex<[TenantID: Entry]>([:])
    private let age: Duration
    /// Organisations that are remembered; beyond it, all are forgotten and read again.
    private let capacity: Int
    private let metrics: CacheMetrics

    /// - Parameters:
    ///   - name: of what is remembered, in metrics.
    ///   - age: how old what this process goes by may be.
    init(_ name: String, within age: Duration, capacity: Int = 10_000, metrics: any MetricsFactory) {
        self.age = age
        self.capacity = capacity
        self.metrics = CacheMetrics(name, metrics)
    }

    /// Nil if it has not been read, or too long ago; the caller then reads it.
    subscript(_ tenant: TenantID) -> Value? {
        guard let entry = entries.withLock({ $0[tenant] }), ContinuousClock.now - entry.read < age else {
            metrics.count(.miss)
            return nil
        }
        metrics.count(.hit)
        return entry.value
    }

    /// - Parameter read: when the read began.
    func put(_ value: Value, of tenant: TenantID, read: ContinuousClock.Instant) {
        entries.withLock { entries in
            if entries.count >= capacity, entries[tenant] == nil { entries.removeAll() }
            entries[tenant] = Entry(value: value, read: read)
        }
    }

    func forget(_ tenant: TenantID) { entries.withLock { _ = $0.removeValue(forKey: tenant) } }
}
