package import PixelFlowCore
import Synchronization

/// Stores responses in this process, in bounded memory.
package final class InMemoryCacheStore: CacheStore {
    private struct Entry: Sendable {
        let bytes: [UInt8]
        let version: UInt64
        let written: Timestamp
        let lifetime: Duration
    }

    private struct State {
        var entries: BoundedEntries<CacheKey, Entry>
        var versions: [CacheScope: UInt64] = [:]
        /// The version of scopes that are not in `versions`.
        var floor: UInt64 = 0
        var last: UInt64 = 0

        func version(of scope: CacheScope) -> UInt64 { versions[scope] ?? floor }
    }

    /// Maximum number of scopes with a stored version; beyond it, all scopes are invalidated.
    private static let scopeLimit = 20_000
    /// Approximate bytes of an entry in addition to its value.
    private static let overhead = 300

    private let state: Mutex<State>
    private let isAlone: Bool
    private let clock: any WallClock

    /// - Parameter isAlone: whether this process makes all changes; otherwise it is not notified of those of others.
    package init(limits: CacheLimits = CacheLimits(), isAlone: Bool, clock: any WallClock = SystemClock()) {
        state = Mutex(State(entries: BoundedEntries(limits: limits)))
        self.isAlone = isAlone
        self.clock = clock
    }

    /// The approximate current size in bytes.
    package var bytes: Int { state.withLock(\.entries.bytes) }

    package func read(_ key: CacheKey) -> CacheReading {
        let now = clock.now()
        return state.withLock { state in
            let version = state.version(of: key.scope)
            let name = CacheVersion("\(version)", isShared: isAlone)
            guard let entry = state.entries.use(key), entry.version == version,
                case let left = entry.lifetime - now.age(since: entry.written),
                left > .zero
            else { return CacheReading(version: name, value: nil) }
            return CacheReading(version: name, value: .init(bytes: entry.bytes, left: left))
        }
    }

    package func write(_ bytes: [UInt8], for key: CacheKey, in version: CacheVersion, lifetime: Duration) {
        let now = clock.now()
        state.withLock { state in
            guard let number = UInt64(version.value), number == state.version(of: key.scope) else { return }
            let entry = Entry(bytes: bytes, version: number, written: now, lifetime: lifetime)
            state.entries.put(entry, for: key, bytes: bytes.count + Self.overhead)
        }
    }

    package func invalidate(_ scope: CacheScope) {
        state.withLock { state in
            state.last += 1
            if state.versions.count >= Self.scopeLimit, state.versions[scope] == nil {
                state.versions = [:]
                state.floor = state.last
            }
            state.versions[scope] = state.last
        }
    }
}
