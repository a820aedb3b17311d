import Foundation
package import Logging
package import Metrics
package import PixelFlowCache
package import PixelFlowCore

/// Verifies what a request carries as `Authorization: Bearer`: a token by the keys of a `VerificationKeySource` (ES256 only), an API
/// key by an `IdentitySource`. Refuses both once they are revoked.
///
/// A credential seen before costs a look-up of about a microsecond, and no request waits for auth. A verification key that has been
/// withdrawn at the source stops counting with the next renewal, at most five minutes later; a revocation within ten seconds.
package final class TokenVerifier: Sendable {
    private let rules: TokenRules
    private let clock: any WallClock
    private let cache: TwoGenerationCache<VerifiedToken>
    private let keyring: VerificationKeyring
    private let keys: APIKeyVerifier?
    private let revocations: RevocationList?
    private let signal: (any InvalidationSignal)?
    private let sessionMetrics: CacheMetrics
    private let keyMetrics: CacheMetrics

    /// - Parameters:
    ///   - source: asked for the public keys, now and then.
    ///   - identities: asked for API keys and revocations; without it there are neither.
    ///   - staleLimit: how long what `identities` has said is believed while it does not answer.
    ///   - signal: tells other processes of revocations that this one makes.
    ///   - cacheCapacity: verified tokens kept at most, about a kilobyte each.
    package init(
        source: any VerificationKeySource, identities: (any IdentitySource)? = nil, rules: TokenRules = TokenRules(),
        signal: (any InvalidationSignal)? = nil, staleLimit: Duration = .seconds(300), clock: any WallClock = SystemClock(),
        cacheCapacity: Int = 8192,
        logger: Logger = Logger(label: "tokens"), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        sessionMetrics = CacheMetrics("sessions", metrics)
        keyMetrics = CacheMetrics("keys", metrics)
        let keyMetrics = keyMetrics
        let cache = TwoGenerationCache<VerifiedToken>(capacity: cacheCapacity)
        self.rules = rules
        self.signal = signal
        self.clock = clock
        self.cache = cache
        self.keyring = VerificationKeyring(source: source, clock: clock, logger: logger) { cache.removeAll() }
        self.keys = identities.map {
            APIKeyVerifier(source: $0, staleLimit: staleLimit, clock: clock, capacity: cacheCapacity, metrics: keyMetrics)
        }
        self.revocations = identities.map { RevocationList(source: $0, staleLimit: staleLimit, clock: clock, logger: logger) }
    }

    /// Fetches keys and revocations if there are none yet, so that the first request finds them; fit for a readiness check.
    ///
    /// - Throws: `auth_unavailable` if the source gives none.
    package func prepare() async throws {
        try await keyring.prepare()
        try await revocations?.prepare()
    }

    /// Reads new revocations at once and has other processes do so: for the process that has revoked something itself.
    package func refreshRevocations() async {
        // Those that are not reached read the list within ten seconds.
        try? await signal?.send()
        await readRevocations()
    }

    /// Reads new revocations at once.
    package func readRevocations() async { await revocations?.refresh() }

    /// Whether a principal has been revoked since it was verified, as far as is known without asking, or nothing is known any more
    /// because auth has been away for too long; for what goes on for longer than a request.
    package func isRevoked(_ principal: Principal) -> Bool {
        guard let revocations else { return false }
        let now = clock.now()
        return revocations.judge(principal, at: now) == false || revocations.isExpired(at: now)
    }

    /// Who the credential speaks for.
    ///
    /// - Parameter client: what `IPAddress.subscriber` says of who sends it, by which unknown keys are counted; nil not to count.
    /// - Throws: `token_invalid`, `token_expired` or `token_revoked` (401); `authentication_throttled` (429) after too many keys that
    ///   are not known; `auth_unavailable` (503) if what is needed to decide cannot be had.
    package func verify(_ token: String, from client: String? = nil) async throws -> Principal {
        try await inspect(token, from: client).principal
    }

    /// As `verify`, with the time the credential ends.
    package func inspect(_ token: String, from client: String? = nil) async throws -> VerifiedToken {
        if let known = cached(token) { return known }
        let verified = try await verified(token, from: client)
        try await revocations?.check(verified.principal)
        return verified
    }

    private func verified(_ token: String, from client: String?) async throws -> VerifiedToken {
        if token.hasPrefix(SecretToken.Kind.key.rawValue) {
            guard let keys else { throw PixelFlowError.tokenInvalid }
            return try await keys.verify(token, from: client)
        }
        if let known = remembered(token, at: clock.now()) {
            sessionMetrics.count(.hit)
            return known
        }
        sessionMetrics.count(.miss)
        guard token.utf8.count <= 4096, let header = TokenHeader(of: token), header.isAcceptable else { throw PixelFlowError.tokenInvalid }
        guard let kid = header.kid, let key = try await keyring.key(kid) else { throw PixelFlowError.tokenInvalid }
        let claims: TokenClaims
        do {
            claims = try await key.open(token)
        } catch {
            throw PixelFlowError.tokenInvalid
        }
        let verified = try rules.judge(claims, at: clock.now())
        cache.insert(verified, for: token)
        return verified
    }

    /// Information about a token that has been verified before and still counts. Never suspends.
    package func cached(_ token: String) -> VerifiedToken? {
        let now = clock.now()
        keyring.renewIfStale(at: now)
        let session = remembered(token, at: now)
        guard let known = session ?? keys?.cached(token, at: now) else { return nil }
        if let revocations { guard revocations.judge(known.principal, at: now) == true else { return nil } }
        (session == nil ? keyMetrics : sessionMetrics).count(.hit)
        return known
    }

    private func remembered(_ token: String, at now: Timestamp) -> VerifiedToken? {
        guard let found = cache[token], now < found.acceptedUntil else { return nil }
        return found
    }
}

/// The part of a token's header that determines its verification, read before everything else.
private struct TokenHeader: Decodable {
    let alg: String?
    let typ: String?
    let kid: String?
    let crit: [String]?

    /// ES256 and nothing else, whatever the key; a plain JWT; no critical extension.
    var isAcceptable: Bool { alg == "ES256" && typ == "JWT" && crit == nil }

    init?(of token: String) {
        let encoded = String(token.prefix { $0 != "." }.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        let padded = encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
        guard let bytes = Data(base64Encoded: padded), let header = try? JSONCoding.decoder.decode(TokenHeader.self, from: bytes) else {
            return nil
        }
        self = header
    }
}
