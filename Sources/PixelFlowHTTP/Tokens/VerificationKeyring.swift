import Logging
import PixelFlowCore
import Synchronization

/// The keys of a source, kept at hand.
///
/// Old keys continue serving while the source is down. They are renewed in the background once they are
/// `maxAge` old, and at once upon an unknown `kid`, but never more often than every `pause`: a flood
/// of forged ids must not become a flood of requests.
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

    /// - Parameter onLoss: called when a key is gone that was there before.
    init(source: any VerificationKeySource, clock: any WallClock, logger: Logger, onLoss: @escaping @Sendable () -> Void) {
        self.source = source
        self.clock = clock
        self.logger = logger
        self.onLoss = onLoss
    }

    /// The key with that id, requested from the source if it is not known.
    ///
    /// - Throws: `auth_unavailable` if no key has ever been received.
    func key(_ kid: String) async throws -> VerificationKey? {
        renewIfStale(at: clock.now())
        if let known = state.withLock({ $0.keys[kid] }) { return known }
        do {
            // Where none is due, another caller's renewal may just have brought the key.
            if try await !renewIfDue(at: clock.now()) { try requireAnyKey(nil) }
        } catch {
            try requireAnyKey(error)
        }
        return state.withLock { $0.keys[kid] }
    }

    /// Ensures that there is at least one key.
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

    /// Starts a renewal in the background if one is due; costs only a lock.
    func renewIfStale(at now: Timestamp) {
        let isDue = state.withLock { !$0.keys.isEmpty && now.age(since: $0.renewedAt) >= maxAge && now.age(since: $0.attemptedAt) >= pause }
        if isDue { renewing.start(if: { beginAttempt(at: now) }) { try await self.renew() } }
    }

    /// Waits for the running renewal or a new one.
    ///
    /// - Returns: false where the last attempt was a moment ago.
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
