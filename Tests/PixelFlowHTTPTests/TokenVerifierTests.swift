import Conformance
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import PixelFlowCore
import Testing

@testable import PixelFlowHTTP

@Suite("Token verification")
struct TokenVerifierTests {
    private let clock = ManualClock()
    private let forge = TokenForge()

    private func verifier(_ source: FakeKeySource) -> TokenVerifier { TokenVerifier(source: source, clock: clock) }

    private func expectRefusal(_ code: String, _ token: String, by verifier: TokenVerifier) async {
        let error = await #expect(throws: PixelFlowError.self) { try await verifier.verify(token) }
        #expect(error?.code == code)
    }

    @Test("a valid token returns its principal")
    func validTokenReturnsItsPrincipal() async throws {
        let principal = try await verifier(FakeKeySource([forge.jwk])).verify(try forge.token(TokenForge.claims(at: clock.now())))
        #expect(principal == Principal(user: UserID("user-1"), email: "ada@example.org", tenant: TenantID("tenant-1")))
    }

    @Test("a token with several audiences is accepted if one of them matches")
    func oneOfSeveralAudiencesSuffices() async throws {
        var claims = TokenForge.claims(at: clock.now())
        claims["aud"] = ["other", "pixelflow"]
        _ = try await verifier(FakeKeySource([forge.jwk])).verify(try forge.token(claims))
    }

    /// Changes of the header, each of which makes a correctly signed token invalid.
    private static let headers: [[String: (any Sendable)?]] = [
        ["alg": "none"], ["alg": "HS256"], ["alg": "ES384"], ["alg": "es256"], ["alg": nil], ["typ": "at+jwt"], ["typ": nil],
        ["kid": "unknown"], ["kid": nil], ["kid": ""], ["crit": ["exp"]],
    ]

    @Test("a token with any other header is refused", arguments: headers.indices)
    func headerIsPinned(index: Int) async throws {
        let verifier = verifier(FakeKeySource([forge.jwk]))
        let claims = TokenForge.claims(at: clock.now())
        await expectRefusal("token_invalid", try forge.token(claims, header: Self.headers[index]), by: verifier)
        await expectRefusal("token_invalid", try forge.token(claims, header: Self.headers[index], unsigned: true), by: verifier)
    }

    private static let claims: [(name: String, value: (any Sendable)?)] = [
        ("iss", "somebody"), ("iss", nil), ("aud", "other"), ("aud", [String]()), ("aud", nil), ("sub", ""), ("sub", nil), ("tenant", ""),
        ("tenant", nil), ("email", nil), ("exp", nil), ("exp", "soon"), ("exp", 1e300), ("exp", -1), ("nbf", 1_767_225_600 + 31),
        ("nbf", 1e300),
    ]

    @Test("each claim is checked", arguments: claims.indices)
    func eachClaimIsChecked(index: Int) async throws {
        var claims = TokenForge.claims(at: clock.now())
        claims[Self.claims[index].name] = Self.claims[index].value
        await expectRefusal("token_invalid", try forge.token(claims), by: verifier(FakeKeySource([forge.jwk])))
    }

    @Test("a token signed with another key under a known key id is refused")
    func foreignKeyWithKnownIdIsRefused() async throws {
        let token = try TokenForge(kid: forge.kid).token(TokenForge.claims(at: clock.now()))
        await expectRefusal("token_invalid", token, by: verifier(FakeKeySource([forge.jwk])))
    }

    @Test("a token signed with HMAC and the public key is refused")
    func publicKeyIsNoHMACSecret() async throws {
        let token = try forge.confused(TokenForge.claims(at: clock.now()))
        await expectRefusal("token_invalid", token, by: verifier(FakeKeySource([forge.jwk])))
    }

    private static let noTokens = ["", ".", "..", "a.b.c", "a.b", "eyJhbGciOiJFUzI1NiJ9..", String(repeating: "a", count: 5000)]

    @Test("a malformed token is refused", arguments: noTokens)
    func malformedTokenIsRefused(token: String) async throws {
        await expectRefusal("token_invalid", token, by: verifier(FakeKeySource([forge.jwk])))
    }

    @Test("a token with a changed byte in any part is refused")
    func alteredTokenIsRefused() async throws {
        let verifier = verifier(FakeKeySource([forge.jwk]))
        let token = try forge.token(TokenForge.claims(at: clock.now()))
        _ = try await verifier.verify(token)
        for part in 0..<3 {
            var parts = token.split(separator: ".").map(String.init)
            let middle = parts[part].index(parts[part].startIndex, offsetBy: parts[part].count / 2)
            parts[part].replaceSubrange(middle...middle, with: parts[part][middle] == "A" ? "B" : "A")
            await expectRefusal("token_invalid", parts.joined(separator: "."), by: verifier)
        }
    }

    @Test("a token expires even if it is cached")
    func cachedTokenExpires() async throws {
        let verifier = verifier(FakeKeySource([forge.jwk]))
        let token = try forge.token(TokenForge.claims(at: clock.now(), lifetime: 60))
        _ = try await verifier.verify(token)
        clock.advance(by: .seconds(89))
        _ = try await verifier.verify(token)
        #expect(verifier.cached(token) != nil)
        clock.advance(by: .seconds(1))
        #expect(verifier.cached(token) == nil)
        await expectRefusal("token_expired", token, by: verifier)
    }

    @Test("the keys are requested once for many tokens")
    func keysAreRequestedOnce() async throws {
        let source = FakeKeySource([forge.jwk])
        let verifier = verifier(source)
        let now = clock.now()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { [forge] in _ = try await verifier.verify(try forge.token(TokenForge.claims(at: now))) } }
            try await group.waitForAll()
        }
        #expect(source.calls == 1)
    }

    @Test("a new key is fetched, and forged key ids do not flood the source")
    func newKeyIsFetched() async throws {
        let source = FakeKeySource([forge.jwk])
        let verifier = verifier(source)
        let next = TokenForge(kid: "key-2")
        _ = try await verifier.verify(try forge.token(TokenForge.claims(at: clock.now())))
        source.set([forge.jwk, next.jwk])
        clock.advance(by: .seconds(6))
        _ = try await verifier.verify(try next.token(TokenForge.claims(at: clock.now())))
        let calls = source.calls
        for number in 0..<100 {
            let forged = try TokenForge(kid: "forged-\(number)").token(TokenForge.claims(at: clock.now()))
            await expectRefusal("token_invalid", forged, by: verifier)
        }
        #expect(source.calls == calls)
    }

    @Test("keys are used while the source is down")
    func keysSurviveAnOutage() async throws {
        let source = FakeKeySource([forge.jwk])
        let verifier = verifier(source)
        _ = try await verifier.verify(try forge.token(TokenForge.claims(at: clock.now())))
        source.set(isDown: true)
        clock.advance(by: .seconds(3600))
        _ = try await verifier.verify(try forge.token(TokenForge.claims(at: clock.now())))
        await expectRefusal("token_invalid", try TokenForge(kid: "other").token(TokenForge.claims(at: clock.now())), by: verifier)
    }

    @Test("without any key, verification is unavailable, and recovers")
    func missingKeysAreAnOutage() async throws {
        let source = FakeKeySource([forge.jwk])
        source.set(isDown: true)
        let verifier = verifier(source)
        let token = try forge.token(TokenForge.claims(at: clock.now()))
        await expectRefusal("auth_unavailable", token, by: verifier)
        await expectRefusal("auth_unavailable", token, by: verifier)
        source.set(isDown: false)
        clock.advance(by: .seconds(6))
        _ = try await verifier.verify(token)
    }

    @Test("keys can be fetched before the first request")
    func keysCanBePrefetched() async throws {
        let source = FakeKeySource([forge.jwk])
        source.set(isDown: true)
        let verifier = verifier(source)
        let error = await #expect(throws: PixelFlowError.self) { try await verifier.prepare() }
        #expect(error?.code == "auth_unavailable")
        source.set(isDown: false)
        clock.advance(by: .seconds(6))
        try await verifier.prepare()
        _ = try await verifier.verify(try forge.token(TokenForge.claims(at: clock.now())))
        try await verifier.prepare()
        #expect(source.calls == 2)
    }

    @Test("tokens of a withdrawn key are refused even if they are cached")
    func withdrawnKeyIsRefused() async throws {
        let source = FakeKeySource([forge.jwk])
        let verifier = verifier(source)
        let token = try forge.token(TokenForge.claims(at: clock.now()))
        _ = try await verifier.verify(token)
        source.set([TokenForge(kid: "key-2").jwk])
        clock.advance(by: .seconds(301))
        // The lookup starts a refresh in the background, which empties the cache when it ends.
        _ = try await eventually("the withdrawn key is gone") { verifier.cached(token) == nil ? true : nil }
        await expectRefusal("token_invalid", token, by: verifier)
    }

    @Test("keys of other kinds in the set are ignored")
    func otherKeysAreIgnored() async throws {
        let json = """
            {"keys":[{"kty":"RSA","kid":"r","n":"x","e":"AQAB"},{"kty":"oct","kid":"o","k":"a"},
            {"kty":"EC","crv":"P-384","kid":"key-1","x":"a","y":"b"}]}
            """
        var set = try JSONWebKeySet(json: Array(json.utf8))
        set.keys.append(forge.jwk)
        _ = try await verifier(FakeKeySource(set.keys)).verify(try forge.token(TokenForge.claims(at: clock.now())))
    }

    private static let badCredentials: [(String?, String)] = [
        (nil, "token_missing"), ("Basic abc", "token_missing"), ("Bearer", "token_missing"), ("Bearer x.y.z", "token_invalid"),
    ]

    @Test("routes behind the middleware require a token", arguments: badCredentials)
    func middlewareRequiresAToken(header: String?, code: String) async throws {
        let verifier = verifier(FakeKeySource([forge.jwk]))
        let good = try forge.token(TokenForge.claims(at: clock.now()))
        try await ServiceHarness().run { router in
            router.group().add(middleware: AuthenticationMiddleware(verifier: verifier)).get("/me") { _, context in
                try context.requirePrincipal().tenant.rawValue
            }
        } _: { client in
            var headers = HTTPFields()
            if let header { headers[.authorization] = header }
            let refused = try await client.execute(uri: "/me", method: .get, headers: headers)
            #expect(refused.status == .unauthorized)
            #expect(refused.code == code)
            let accepted = try await client.execute(uri: "/me", method: .get, headers: [.authorization: "bearer \(good)"])
            #expect(accepted.text == "tenant-1")
        }
    }
}
