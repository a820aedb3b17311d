import Foundation
package import Logging
package import Metrics
package import PixelFlowCache
package import PixelFlowCore
import WireFormats

/// Verifies the credential in `Authorization: Bearer`: a token with the keys of a `VerificationKeySource` (ES256 only), an API key with an
/// `IdentitySource`. Refuses revoked credentials.
///
/// For a cached credential, verification takes about a microsecond and needs no request to auth. A verification key that the source
/// withdraws is refused after the next refresh, at most five minutes later; a revocation takes effect within ten seconds.
package final class TokenVerifier: Sendable {
    private let rules: TokenRules
    private let clock: any WallClock
    private let cache: TwoGenerationCache<String, VerifiedToken>
    private let keyring: VerificationKeyring
    private let keys: APIKeyVerifier?
    private let revocations: RevocationList?
    private let signal: (any InvalidationSignal)?
    private let sessionMetrics: CacheMetrics
    private let keyMetrics: CacheMetrics

    /// - Parameters:
    ///   - source: provides the public keys.
    ///   - identities: provides API keys and revocations; if nil, neither is supported.
    ///   - staleLimit: how long results of `identities` are used while it is unreachable.
    ///   - signal: notifies other processes of revocations that this one makes.
    ///   - cacheCapacity: maximum number of verified tokens in the cache, about a kilobyte each.
    package init(
        source: any VerificationKeySource, identities: (any IdentitySource)? = nil, rules: TokenRules = TokenRules(),
        signal: (any InvalidationSignal)? = nil, staleLimit: Duration = .seconds(300), clock: any WallClock = SystemClock(),
        cacheCapacity: Int = 8192,
        logger: Logger = Logger(label: "tokens"), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        sessionMetrics = CacheMetrics("sessions", metrics)
        keyMetrics = CacheMetrics("keys", metrics)
        let keyMetrics = keyMetrics
        let cache = TwoGenerationCache<String, VerifiedToken>(capacity: cacheCapacity)
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

    /// Reads keys and revocations if that has not happened yet, so that the first request need not wait; usable as a readiness check.
    ///
    /// - Throws: `auth_unavailable` if the source provides none.
    package func prepare() async throws {
        try await keyring.prepare()
        try await revocations?.prepare()
    }

    /// Reads new revocations immediately and signals them to other processes; for the process that has just revoked a credential.
    package func refreshRevocations() async {
        // Processes that miss the signal read the list within ten seconds.
        try? await signal?.send()
        await readRevocations()
    }

    /// Reads new revocations immediately.
    package func readRevocations() async { await revocations?.refresh() }

    /// Whether a principal has been revoked since it was verified, or auth has been unreachable for too long to know. Never suspends; for
    /// work that outlasts a request.
    package func isRevoked(_ principal: Principal) -> Bool {
        guard let revocations else { return false }
        let now = clock.now()
        return revocations.judge(principal, at: now) == false || revocations.isExpired(at: now)
    }

    /// The principal of a credential.
    ///
    /// - Parameter client: `IPAddress.subscriber` of the client, for which unknown keys are counted; nil to not count.
    /// - Throws: `token_invalid`, `token_expired` or `token_revoked` (401); `authentication_throttled` (429) after too many unknown keys;
    ///   `auth_unavailable` (503) if the keys or revocations cannot be read.
    package func verify(_ token: String, from client: String? = nil) async throws -> Principal {
        try await inspect(token, from: client).principal
    }

    /// Like `verify`, but also returns when the credential expires.
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

    /// A token that has been verified before and is still valid. Never suspends.
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

/// The part of a token's header that determines how it is verified; parsed first.
private struct TokenHeader: Decodable {
    let alg: String?
    let typ: String?
    let kid: String?
    let crit: [String]?

    /// Only ES256, whatever the key; a plain JWT; no critical extensions.
    var isAcceptable: Bool { alg == "ES256" && typ == "JWT" && crit == nil }

    init?(of token: String) {
        guard let bytes = Base64.urlDecoded(token.prefix { $0 != "." }),
            let header = try? JSONCoding.decoder.decode(TokenHeader.self, from: Data(bytes))
        else { return nil }
        self = header
    }
}
