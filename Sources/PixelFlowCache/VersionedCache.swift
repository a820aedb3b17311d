package import Metrics
package import PixelFlowCore
import Synchronization
import WireFormats

/// Keeps what was read of something that has a version, for as long as the version is the same.
///
/// Of many who need the same thing in the same version, one reads it.
package final class VersionedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let version: UInt64
        /// Nil for as long as the version is the same.
        let expiry: Timestamp?
        let read: Timestamp
    }

    private struct Flight: Hashable {
        let key: Key
        let version: UInt64
    }

    private struct State {
        var entries: BoundedEntries<Key, Entry>
        var flights: [Flight: SingleFlight<Value>] = [:]
    }

    private let state: Mutex<State>
    private let ageLimit: Duration?
    private let clock: any WallClock
    private let metrics: CacheMetrics
    private let size: @Sendable (Value) -> Int

    /// - Parameters:
    ///   - name: of what is kept, in metrics.
    ///   - ageLimit: after which it is read again though its version is the same, less up to a tenth; nil for never.
    ///   - size: bytes of a value, roughly.
    package init(
        _ name: String, limits: CacheLimits = CacheLimits(), ageLimit: Duration? = nil, clock: any WallClock = SystemClock(),
        metrics: any MetricsFactory = MetricsSystem.factory, size: @escaping @Sendable (Value) -> Int
    ) {
        state = Mutex(State(entries: BoundedEntries(limits: limits)))
        self.ageLimit = ageLimit
        self.clock = clock
        self.metrics = CacheMetrics(name, metrics)
        self.size = size
    }

    /// The value of a key in a version.
    ///
    /// - Parameters:
    ///   - version: taken just now; nil if it is not known: then the value is read, and not kept.
    ///   - mustRead: reads the value in any case, and keeps it.
    ///   - read: must bound its own time; goes on when the caller is cancelled.
    /// - Throws: what `read` throws; `CancellationError` as soon as the caller is cancelled.
    package func value(
        of key: Key, in version: UInt64?, mustRead: Bool = false, read: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let version else {
            metrics.count(.bypass)
            return try await read()
        }
        if mustRead {
            metrics.count(.miss)
            return try await fill(key, version, read)
        }
        if let known = known(key, version) {
            metrics.count(.hit)
            return known
        }
        let (flight, isFirst) = join(key, version)
        metrics.count(isFirst ? .miss : .joined)
        defer { leave(key, version, flight) }
        return try await flight.run { try await self.fill(key, version, read) }
    }

    private func known(_ key: Key, _ version: UInt64) -> Value? {
        let now = clock.now()
        return state.withLock { state in
            guard let entry = state.entries.use(key), entry.version == version else { return nil }
            // A clock that was put back makes nothing younger.
            guard let expiry = entry.expiry else { return entry.value }
            return now < expiry && now >= entry.read ? entry.value : nil
        }
    }

    private func fill(_ key: Key, _ version: UInt64, _ read: @Sendable () async throws -> Value) async throws -> Value {
        let start = clock.now()
        let value = try await read()
        let expiry = ageLimit.map { start + .microseconds(Int64(Double($0.microseconds) * .random(in: 0.9...1))) }
        state.withLock { state in
            state.entries.put(Entry(value: value, version: version, expiry: expiry, read: start), for: key, bytes: size(value))
        }
        return value
    }

    private func join(_ key: Key, _ version: UInt64) -> (SingleFlight<Value>, isFirst: Bool) {
        state.withLock { state in
            let name = Flight(key: key, version: version)
            if let flight = state.flights[name] { return (flight, false) }
            let flight = SingleFlight<Value>()
            state.flights[name] = flight
            return (flight, true)
        }
    }

    private func leave(_ key: Key, _ version: UInt64, _ flight: SingleFlight<Value>) {
        state.withLock { state in
            let name = Flight(key: key, version: version)
            if state.flights[name] === flight { state.flights[name] = nil }
        }
    }
}
