package import Metrics
package import PixelFlowCore
import Synchronization
import WireFormats

/// Caches values of something that has a version, until the version changes.
///
/// If several callers need the same value in the same version, only one reads it.
package final class VersionedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let version: UInt64
        let read: Timestamp
        /// Counted from then on; nil for unlimited while the version is the same.
        let lifetime: Duration?
    }

    private struct Flight: Hashable {
        let key: Key
        let version: UInt64
    }

    private let entries: Mutex<BoundedEntries<Key, Entry>>
    private let flights = Flights<Flight, Value>()
    private let ageLimit: Duration?
    private let staleFor: Duration
    private let clock: any WallClock
    private let metrics: CacheMetrics
    private let size: @Sendable (Value) -> Int

    /// - Parameters:
    ///   - name: of the cache, in metrics.
    ///   - ageLimit: the age at which a value is read again although its version is the same, reduced by up to a tenth; nil for never.
    ///   - staleFor: how long after it was read a value of any version may be returned if an outage prevents reading it again.
    ///   - size: the approximate size of a value in bytes.
    package init(
        _ name: String, limits: CacheLimits = CacheLimits(), ageLimit: Duration? = nil, staleFor: Duration = .zero,
        clock: any WallClock = SystemClock(), metrics: any MetricsFactory = MetricsSystem.factory, size: @escaping @Sendable (Value) -> Int
    ) {
        entries = Mutex(BoundedEntries(limits: limits))
        self.ageLimit = ageLimit
        self.staleFor = staleFor
        self.clock = clock
        self.metrics = CacheMetrics(name, metrics)
        self.size = size
    }

    /// The value of a key in a version.
    ///
    /// - Parameters:
    ///   - version: the current version; if nil, it is unknown, and the value is read and not cached.
    ///   - mustRead: reads the value even if it is cached, and caches it.
    ///   - read: must limit its own duration; it continues if the caller is cancelled.
    /// - Throws: the errors of `read`, unless a stale value may be returned; `CancellationError` as soon as the caller is
    ///   cancelled.
    package func value(
        of key: Key, in version: UInt64?, mustRead: Bool = false, read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await currentValue(of: key, in: version, mustRead: mustRead, read: read)
        } catch let error as PixelFlowError where error.retry == .outage {
            guard let value = staleValue(of: key) else { throw error }
            metrics.count(.stale)
            return value
        }
    }

    /// The value of a key, if it is cached in a version. Never suspends, so it is the fastest way to most values.
    package func cachedValue(of key: Key, in version: UInt64?) -> Value? {
        guard let version, let known = known(key, version) else { return nil }
        metrics.count(.hit)
        return known
    }

    private func currentValue(
        of key: Key, in version: UInt64?, mustRead: Bool, read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let version else {
            metrics.count(.bypass)
            return try await read()
        }
        if mustRead {
            metrics.count(.miss)
            return try await fill(key, version, read)
        }
        if let known = cachedValue(of: key, in: version) { return known }
        let count: (Bool) -> Void = { self.metrics.count($0 ? .joined : .miss) }
        return try await flights.run(Flight(key: key, version: version), onJoin: count) { try await self.fill(key, version, read) }
    }

    private func known(_ key: Key, _ version: UInt64) -> Value? {
        let now = clock.now()
        guard let entry = entries.withLock({ $0.use(key) }), entry.version == version else { return nil }
        guard let lifetime = entry.lifetime else { return entry.value }
        return now.age(since: entry.read) < lifetime ? entry.value : nil
    }

    private func staleValue(of key: Key) -> Value? {
        let now = clock.now()
        guard let entry = entries.withLock({ $0.use(key) }), now.age(since: entry.read) < staleFor else { return nil }
        return entry.value
    }

    private func fill(_ key: Key, _ version: UInt64, _ read: @Sendable () async throws -> Value) async throws -> Value {
        let start = clock.now()
        let value = try await read()
        let lifetime = ageLimit.map { $0 * .random(in: 0.9...1) }
        entries.withLock { $0.put(Entry(value: value, version: version, read: start, lifetime: lifetime), for: key, bytes: size(value)) }
        return value
    }
}
