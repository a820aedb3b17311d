import Foundation
package import Logging
package import PixelFlowCore

/// Verifies bearer tokens without asking anyone: ES256 only, by the keys of a `VerificationKeySource`.
///
/// A token seen before costs a look-up of about a microsecond. A key that has been withdrawn at the
/// source stops counting with the next renewal, at most five minutes later.
package final class TokenVerifier: Sendable {
    private let rules: TokenRules
    private let clock: any WallClock
    private let cache: VerifiedTokenCache
    private let keyring: VerificationKeyring

    /// - Parameters:
    ///   - source: asked for the public keys, now and then.
    ///   - cacheCapacity: verified tokens kept at most, about a kilobyte each.
    package init(
        source: any VerificationKeySource, rules: TokenRules = TokenRules(), clock: any WallClock = SystemClock(),
        cacheCapacity: Int = 8192, logger: Logger = Logger(label: "tokens")
    ) {
        let cache = VerifiedTokenCache(capacity: cacheCapacity)
        self.rules = rules
        self.clock = clock
        self.cache = cache
        self.keyring = VerificationKeyring(source: source, clock: clock, logger: logger) { cache.removeAll() }
    }

    /// Fetches the keys if there are none yet, so that the first request finds them; fit for a readiness check.
    ///
    /// - Throws: `auth_unavailable` if the source gives none.
    package func prepare() async throws { try await keyring.prepare() }

    /// Who the token speaks for.
    ///
    /// - Throws: `token_invalid` or `token_expired` (401); `auth_unavailable` (503) if no key has
    ///   ever been had.
    package func verify(_ token: String) async throws -> Principal { try await inspect(token).principal }

    /// As `verify`, with the time the token ends.
    package func inspect(_ token: String) async throws -> VerifiedToken {
        if let known = cached(token) { return known }
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
        return cache.find(token, at: now)
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
