import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import Testing

@Suite("Login")
struct LoginTests {
    @Test("the correct password returns a valid token")
    func correctPasswordReturnsToken() async throws {
        try await AuthHarness().run { client in
            let user = try await client.register().object()
            let response = try await client.login(" ADA@example.org")
            #expect(response.status == .ok)
            #expect(response.headers[.cacheControl] == "no-store")
            let issued = try response.object()
            #expect(issued["token_type"] as? String == "Bearer")
            #expect(issued["expires_in"] as? Int == 86_400)
            let validated = try await client.validate(try #require(issued["token"] as? String))
            #expect(validated.status == .ok)
            let validation = try validated.object()
            #expect(validation["valid"] as? Bool == true)
            #expect(validation["user_id"] as? String == user["id"] as? String)
            #expect(validation["tenant"] as? String == user["tenant"] as? String)
            #expect(validation["email"] as? String == "ada@example.org")
            #expect(validation["expires_at"] as? String == "2026-01-02T00:00:00.000Z")
        }
    }

    @Test("an unknown user and a wrong password give the same response")
    func unknownUserFailsLikeWrongPassword() async throws {
        try await AuthHarness().run { client in
            try await client.register()
            let wrong = try await client.login("ada@example.org", "wrong password")
            let unknown = try await client.login("eve@example.org", "wrong password")
            for response in [wrong, unknown] {
                #expect(response.status == .unauthorized)
                #expect(response.code == "credentials_invalid")
                #expect(response.headers[.wwwAuthenticate] != nil)
            }
            let details = try [wrong, unknown].map { try $0.object()["detail"] as? String }
            #expect(details[0] == details[1])
        }
    }

    /// A database that truncated the address there would find the account and bypass the count of its failures.
    @Test("an address with U+0000 is not truncated to that of another account")
    func addressWithNULIsNotTruncated() async throws {
        try await AuthHarness().run { client in
            try await client.register("ada@example.org")
            let response = try await client.login("ada@example.org\u{0}x")
            #expect(response.status == .unauthorized)
            #expect(response.code == "credentials_invalid")
        }
    }

    @Test("a login of an unknown user costs a hash of the same cost", arguments: ["eve@example.org", "no address at all", ""])
    func unknownUserCostsOneHash(email: String) async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            try await client.register()
            _ = try await client.login("ada@example.org", "wrong password")
            _ = try await client.login(email, "wrong password")
        }
        let verified = harness.hasher.verifications
        #expect(verified.count == 2)
        #expect(verified.last == harness.hasher.decoy)
        #expect(verified.map { $0.prefix(7) } == ["$2b$04$", "$2b$04$"])
    }

    @Test("no password matches the hash that is verified for unknown users")
    func decoyHashMatchesNoPassword() async throws {
        let harness = try AuthHarness()
        for password in ["", ".", String(repeating: ".", count: 31), harness.hasher.decoy] {
            #expect(try await harness.hasher.verify(password, against: harness.hasher.decoy) == false)
        }
    }

    private static let passwords = [
        "pässwörd ünïcode", "密码密码密码密码", "🎈🎈🎈🎈🎈🎈🎈🎈", "tab\tnew\nline", "nul\u{0}inside", "  spaces around  ",
        String(repeating: "x", count: 72), String(repeating: "x", count: 73), String(repeating: "ü", count: 500),
    ]

    @Test("any text can be a password, and no other text matches it", arguments: passwords)
    func anyTextIsAPassword(password: String) async throws {
        try await AuthHarness().run { client in
            try await client.register("ada@example.org", password)
            #expect(try await client.login("ada@example.org", password).status == .ok)
            #expect(try await client.login("ada@example.org", password + "x").status == .unauthorized)
            #expect(try await client.login("ada@example.org", String(password.dropLast())).status == .unauthorized)
        }
    }

    @Test("composed and decomposed forms of a password are the same password")
    func passwordIsNormalised() async throws {
        try await AuthHarness().run { client in
            try await client.register("ada@example.org", "caf\u{e9} au lait")
            #expect(try await client.login("ada@example.org", "cafe\u{301} au lait").status == .ok)
        }
    }

    @Test("no response contains a password that the client has sent")
    func responsesContainNoPassword() async throws {
        try await AuthHarness().run { client in
            let wrong = try await client.login("ada@example.org", "wrong horse")
            for response in [try await client.register(), try await client.login(), wrong] {
                let text = String(buffer: response.body)
                #expect(!text.contains("horse") && !text.contains("$2b$"))
            }
        }
    }
}
