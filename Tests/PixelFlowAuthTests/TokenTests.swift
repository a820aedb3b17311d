import Conformance
import Foundation
import HTTPTypes
import HummingbirdTesting
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import Testing

@Suite("Tokens and keys")
struct TokenTests {
    @Test("a token has all required claims")
    func tokenHasItsClaims() async throws {
        try await AuthHarness().run { client in
            let user = try await client.register().object()
            let token = try await client.token()
            let parts = try token.split(separator: ".").prefix(2).map { try Self.decode($0) }
            let keys = try #require(try await client.get("/.well-known/jwks.json").object()["keys"] as? [[String: Any]])
            #expect(parts[0]["alg"] as? String == "ES256")
            #expect(parts[0]["typ"] as? String == "JWT")
            #expect(parts[0]["kid"] as? String == keys.first?["kid"] as? String)
            let claims = ["iss", "aud", "sub", "email", "tenant", "role", "scope", "sid", "mv", "iat", "nbf", "exp", "jti"]
            #expect(Set(parts[1].keys) == Set(claims))
            #expect(parts[1]["role"] as? String == "owner")
            #expect(parts[1]["sub"] as? String == user["id"] as? String)
            #expect(parts[1]["tenant"] as? String == user["tenant"] as? String)
            #expect(parts[1]["iat"] as? Int == 1_767_225_600)
            #expect(parts[1]["exp"] as? Int == 1_767_225_600 + 86_400)
            let other = try Self.decode(try await client.token().split(separator: ".")[1])
            #expect(other["jti"] as? String != parts[1]["jti"] as? String)
        }
    }

    @Test("the key set is public and cacheable, and contains nothing private")
    func keySetIsPublicAndCacheable() async throws {
        try await AuthHarness().run { client in
            let response = try await client.get("/.well-known/jwks.json")
            #expect(response.status == .ok)
            #expect(response.headers[.cacheControl] == "public, max-age=300")
            let keys = try #require(try response.object()["keys"] as? [[String: Any]])
            #expect(keys.count == 1)
            #expect(Set(try #require(keys.first).keys) == ["kid", "kty", "crv", "alg", "use", "x", "y"])
        }
    }

    @Test("a key id is the thumbprint of RFC 7638")
    func keyIdIsTheThumbprint() async throws {
        let service = try await AuthHarness().service()
        let key = try #require(try await service.jwks.keys.first)
        #expect(key.kid?.utf8.count == 43)
        #expect(key.kid?.contains { "+/=".contains($0) } == false)
    }

    @Test("a token expires after its lifetime")
    func tokenExpires() async throws {
        let harness = try AuthHarness()
        try await harness.run(with: { $0.tokenLifetime = .seconds(120) }) { client in
            try await client.register()
            let token = try await client.token()
            harness.clock.advance(by: .seconds(119))
            #expect(try await client.validate(token).status == .ok)
            harness.clock.advance(by: .seconds(31))
            let response = try await client.validate(token)
            #expect(response.status == .unauthorized)
            #expect(response.code == "token_expired")
        }
    }

    @Test("a token of another installation is refused")
    func tokenOfAnotherInstallationIsRefused() async throws {
        let stranger = try await Self.token(of: try AuthHarness())
        try await AuthHarness().run { client in
            let response = try await client.validate(stranger)
            #expect(response.status == .unauthorized)
            #expect(response.code == "token_invalid")
        }
    }

    @Test("a token for another issuer or audience is refused")
    func otherIssuerAndAudienceAreRefused() async throws {
        let harness = try AuthHarness()
        let token = try await Self.token(of: harness)
        for change in [{ $0.issuer = "other" }, { $0.audience = "other" }] as [@Sendable (inout TokenRules) -> Void] {
            try await harness.run(with: { change(&$0.rules) }) { client in
                let response = try await client.validate(token)
                #expect(response.code == "token_invalid")
            }
        }
    }

    @Test("a token without a signature is refused")
    func unsignedTokenIsRefused() async throws {
        try await AuthHarness().run { client in
            try await client.register()
            let parts = try await client.token().split(separator: ".")
            let header = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString().replacing("=", with: "")
            #expect(try await client.validate("\(header).\(parts[1]).").code == "token_invalid")
            #expect(try await client.validate("\(header).\(parts[1]).\(parts[2])").code == "token_invalid")
            #expect(try await client.validate("\(parts[0]).\(parts[1]).").code == "token_invalid")
            #expect(try await client.get("/validate").code == "token_missing")
        }
    }

    @Test("a restarted service and a second one use the same key")
    func restartAndReplicasShareTheKey() async throws {
        let harness = try AuthHarness()
        let token = try await Self.token(of: harness)
        try await harness.run { client in
            let response = try await client.validate(token)
            #expect(response.status == .ok)
        }
    }

    @Test("services that start concurrently agree on one key")
    func concurrentStartsAgreeOnOneKey() async throws {
        let harness = try AuthHarness()
        let sets = try await withThrowingTaskGroup(of: JSONWebKeySet.self) { group in
            for _ in 0..<8 { group.addTask { try await harness.service().jwks } }
            return try await group.reduce(into: Set<JSONWebKeySet>()) { $0.insert($1) }
        }
        #expect(sets.count == 1)
        #expect(sets.first?.keys.count == 1)
    }

    @Test("another service can verify tokens with the key set alone")
    func keySetSufficesToVerify() async throws {
        let harness = try AuthHarness()
        let token = try await Self.token(of: harness)
        let service = try await harness.service()
        let published = try JSONWebKeySet(json: try JSONEncoder().encode(try await service.jwks))
        let verifier = TokenVerifier(source: ClosureKeySource { published }, clock: harness.clock)
        #expect(try await verifier.verify(token).email == "ada@example.org")
    }

    @Test("readyz checks the database")
    func readinessChecksTheDatabase() async throws {
        try await AuthHarness().run { client in
            let response = try await client.get("/readyz").object()
            #expect(response["checks"] as? [String: String] == ["database": "ok"])
        }
    }

    private static func token(of harness: AuthHarness) async throws -> String {
        let service = try await harness.service()
        let box = TokenBox()
        try await AuthHarness.run(service) { client in
            try await client.register()
            await box.set(try await client.token())
        }
        return await box.token
    }

    private static func decode(_ part: Substring) throws -> [String: Any] {
        let text = part.replacing("-", with: "+").replacing("_", with: "/")
        let data = try #require(Data(base64Encoded: String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}

private actor TokenBox {
    private(set) var token = ""
    func set(_ token: String) { self.token = token }
}
