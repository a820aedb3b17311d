import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// Signs tokens with the newest key, and publishes the public part of every key.
struct TokenIssuer: Sendable {
    let jwks: JSONWebKeySet
    let lifetime: Duration
    let refreshTokens: RefreshTokens
    let mailSecrets: MailSecrets
    private let key: SigningKey
    private let rules: TokenRules
    private let clock: any WallClock

    /// Reads the keys of the store, and creates the first one if there are none. Services that start at the same time end up with the same
    /// key.
    init(store: IdentityStore, lifetime: Duration, rules: TokenRules, clock: any WallClock) async throws {
        var records = try await store.signingKeys()
        if records.isEmpty { records = try await store.addFirst(SigningKey.generate(at: clock.now())) }
        var keys: [SigningKey] = []
        for record in records { keys.append(try await SigningKey(record)) }
        guard let newest = keys.first, let oldest = records.last else { throw PixelFlowError.unavailable("database") }
        self.key = newest
        self.jwks = JSONWebKeySet(keys: keys.map(\.jwk))
        self.lifetime = lifetime
        // The refresh secret derives from the oldest key, so that a new signing key ends no session.
        self.refreshTokens = RefreshTokens(secret: oldest.privateKey)
        self.mailSecrets = MailSecrets(secret: oldest.privateKey)
        self.rules = rules
        self.clock = clock
    }

    /// - Parameter end: when the token ends at the latest.
    func issue(for principal: Principal, until end: Timestamp = .distantFuture) async throws -> (token: String, lifetime: Duration) {
        let now = clock.now()
        let expiresAt = min(now + lifetime, end)
        let token = try await key.sign(
            TokenClaims(
                issuer: rules.issuer, audience: rules.audience, principal: principal, issuedAt: now, expiresAt: expiresAt,
                id: UUIDv7.make(at: now)))
        return (token, expiresAt - now)
    }
}
