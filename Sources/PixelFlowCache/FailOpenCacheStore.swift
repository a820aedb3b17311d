package import Logging
package import PixelFlowCore
import Synchronization

/// Uses the store that replicas share while it is available, otherwise the memory of this process alone.
///
/// Invalidations that could not reach the shared store are repeated before anything in their scope is read from it again.
package final class FailOpenCacheStore: CacheStore {
    private struct State {
        var isDegraded = false
        var owed: Set<CacheScope> = []
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
        do {
            try await shared.invalidate(scope)
            state.withLock { _ = $0.owed.remove(scope) }
            recovered()
        } catch {
            failed(error)
            let now = clock.now()
            state.withLock { state in
                if state.owed.count >= Self.owedLimit {
                    state.owed = []
                    state.bypassedUntil = now + lifetimeLimit
                }
                state.owed.insert(scope)
            }
        }
    }

    /// Repeats an invalidation that has not reached the shared store.
    ///
    /// - Returns: whether the scope may be read from there.
    private func repeatInvalidation(of scope: CacheScope) async throws -> Bool {
        let now = clock.now()
        let (isOwed, isBypassed) = state.withLock { state in
            (state.owed.contains(scope), state.bypassedUntil.map { now < $0 } ?? false)
        }
        if isBypassed { return false }
        guard isOwed else { return true }
        try await shared.invalidate(scope)
        state.withLock { _ = $0.owed.remove(scope) }
        return true
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
