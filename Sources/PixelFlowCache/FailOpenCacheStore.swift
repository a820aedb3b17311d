package import Logging
package import PixelFlowCore
import Synchronization

/// Uses the store that replicas share while it is available, otherwise the memory of this process alone.
///
/// Invalidations that could not reach the shared store are repeated before anything in their scope is read from it again.
package final class FailOpenCacheStore: CacheStore {
    private struct State {
        var isDegraded = false
        /// The pending invalidations, each with the number of the last failure, so that a repetition that began before it does not clear
        /// it.
        var owed: [CacheScope: UInt64] = [:]
        var failures: UInt64 = 0
        /// Until then, the shared store is not read, because there are more pending invalidations than can be remembered.
        var bypassedUntil: Timestamp?
    }

    /// The maximum number of pending invalidations.
    private static let owedLimit = 10_000

    private let shared: any CacheStore
    private let local: any CacheStore
    private let lifetimeLimit: Duration
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - shared: must fail fast during an outage.
    ///   - local: the fallback.
    ///   - lifetimeLimit: the maximum lifetime of anything in `shared`.
    package init(
        shared: any CacheStore, local: any CacheStore, lifetimeLimit: Duration = CachePolicy.longestLifetime,
        clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.shared = shared
        self.local = local
        self.lifetimeLimit = lifetimeLimit
        self.clock = clock
        self.logger = logger
    }

    package func read(_ key: CacheKey) async throws -> CacheReading {
        do {
            guard try await repeatInvalidation(of: key.scope) else { return try await local.read(key) }
            let reading = try await shared.read(key)
            recovered()
            return reading
        } catch {
            failed(error)
            return try await local.read(key)
        }
    }

    package func write(_ bytes: [UInt8], for key: CacheKey, in version: CacheVersion, lifetime: Duration) async throws {
        // The version reveals which of the two stores it came from.
        guard version.isShared else { return try await local.write(bytes, for: key, in: version, lifetime: lifetime) }
        do {
            try await shared.write(bytes, for: key, in: version, lifetime: lifetime)
        } catch {
            failed(error)
        }
    }

    package func invalidate(_ scope: CacheScope) async throws {
        try await local.invalidate(scope)
        let owed = state.withLock { $0.owed[scope] }
        do {
            try await shared.invalidate(scope)
            clear(scope, owed)
            recovered()
        } catch {
            failed(error)
            let now = clock.now()
            state.withLock { state in
                if state.owed.count >= Self.owedLimit {
                    state.owed = [:]
                    state.bypassedUntil = now + lifetimeLimit
                }
                state.failures += 1
                state.owed[scope] = state.failures
            }
        }
    }

    /// Repeats an invalidation that has not reached the shared store.
    ///
    /// - Returns: whether the scope may be read from there.
    private func repeatInvalidation(of scope: CacheScope) async throws -> Bool {
        let now = clock.now()
        let (owed, isBypassed) = state.withLock { state in
            (state.owed[scope], state.bypassedUntil.map { now < $0 } ?? false)
        }
        if isBypassed { return false }
        guard let owed else { return true }
        try await shared.invalidate(scope)
        clear(scope, owed)
        return true
    }

    /// - Parameter owed: what was pending before the shared store was invalidated.
    private func clear(_ scope: CacheScope, _ owed: UInt64?) {
        state.withLock { state in
            if state.owed[scope] == owed { state.owed[scope] = nil }
        }
    }

    private func failed(_ error: any Error) {
        let isFirst = state.withLock { state in
            defer { state.isDegraded = true }
            return !state.isDegraded
        }
        if isFirst { logger.warning("the cache of this process is used alone", metadata: ["error": "\(error)"]) }
    }

    private func recovered() {
        let wasDegraded = state.withLock { state in
            defer { state.isDegraded = false }
            return state.isDegraded
        }
        if wasDegraded { logger.info("the cache is shared by replicas again") }
    }
}
