import Logging
import PixelFlowCore
import Synchronization

/// A cache of the keys of a source.
///
/// Old keys remain in use while the source is down. Keys older than `maxAge` are refreshed in the background, and an unknown `kid` causes
/// an immediate refresh, but at most one per `pause`: a flood of forged ids must not become a flood of requests.
final class VerificationKeyring: Sendable {
    private struct State {
        var keys: [String: VerificationKey] = [:]
        var renewedAt = Timestamp(microseconds: 0)
        var attemptedAt = Timestamp(microseconds: 0)
    }

    private let state = Mutex(State())
    private let renewing = SingleFlight<Void>()
    private let source: any VerificationKeySource
    private let clock: any WallClock
    private let logger: Logger
    private let onLoss: @Sendable () -> Void
    private let maxAge: Duration = .seconds(300)
    private let pause: Duration = .seconds(5)

    /// - Parameter onLoss: called when a refresh no longer contains a previous key.
    init(source: any VerificationKeySource, clock: any WallClock, logger: Logger, onLoss: @escaping @Sendable () -> Void) {
        self.source = source
        self.clock = clock
        self.logger = logger
        self.onLoss = onLoss
    }

    /// The key with this id, requested from the source if unknown.
    ///
    /// - Throws: `auth_unavailable` if no key has ever been received.
    func key(_ kid: String) async throws -> VerificationKey? {
        renewIfStale(at: clock.now())
        if let known = state.withLock({ $0.keys[kid] }) { return known }
        do {
            // If no refresh is due, that of another caller may just have brought the key.
            if try await !renewIfDue(at: clock.now()) { try requireAnyKey(nil) }
        } catch {
            try requireAnyKey(error)
        }
        return state.withLock { $0.keys[kid] }
    }

    /// Ensures that at least one key is available.
    ///
    /// - Throws: `auth_unavailable`.
    func prepare() async throws {
        guard state.withLock({ $0.keys.isEmpty }) else { return }
        do {
            try await renewIfDue(at: clock.now())
        } catch {
            try requireAnyKey(error)
        }
        try requireAnyKey(nil)
    }

    /// Starts a refresh in the background if one is due. Takes only a lock.
    func renewIfStale(at now: Timestamp) {
        let isDue = state.withLock { !$0.keys.isEmpty && now.age(since: $0.renewedAt) >= maxAge && now.age(since: $0.attemptedAt) >= pause }
        if isDue { renewing.start(if: { beginAttempt(at: now) }) { try await self.renew() } }
    }

    /// Waits for the current refresh, or starts one if due.
    ///
    /// - Returns: false if the last attempt was too recent.
    @discardableResult
    private func renewIfDue(at now: Timestamp) async throws -> Bool {
        try await renewing.run(startingIf: { beginAttempt(at: now) }) { try await self.renew() } != nil
    }

    private func beginAttempt(at now: Timestamp) -> Bool {
        state.withLock { state in
            guard now.age(since: state.attemptedAt) >= pause else { return false }
            state.attemptedAt = now
            return true
        }
    }

    private func renew() async throws {
        do {
            var keys: [String: VerificationKey] = [:]
            for jwk in try await source.jwks().keys {
                if let key = await VerificationKey(jwk) { keys[key.kid] = key }
            }
            guard !keys.isEmpty else { throw PixelFlowError.unavailable("auth") }
            adopt(keys)
        } catch {
            logger.warning("verification keys not refreshed", metadata: ["error": .string(String(describing: error))])
            throw error
        }
    }

    private func adopt(_ keys: [String: VerificationKey]) {
        let hasLost = state.withLock { state in
            let lost = state.keys.keys.contains { keys[$0] == nil }
            state.keys = keys
            state.renewedAt = clock.now()
            return lost
        }
        if hasLost { onLoss() }
    }

    private func requireAnyKey(_ cause: (any Error)?) throws {
        if state.withLock({ $0.keys.isEmpty }) { throw PixelFlowError.unavailable("auth", cause: cause) }
    }
}
