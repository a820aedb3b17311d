import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import Testing

@Suite("Registration")
struct RegistrationTests {
    @Test("a new user gets an id and a tenant")
    func newUserHasIdAndTenant() async throws {
        try await AuthHarness().run { client in
            let response = try await client.register("  Ada@Example.ORG ")
            #expect(response.status == .created)
            let first = try response.object()
            #expect(Set(first.keys) == ["id", "email", "tenant", "created_at"])
            #expect(first["email"] as? String == "ada@example.org")
            #expect(first["created_at"] as? String == "2026-01-01T00:00:00.000Z")
            let second = try await client.register("grace@example.org").object()
            #expect(first["id"] as? String != second["id"] as? String)
            #expect(first["tenant"] as? String != second["tenant"] as? String)
        }
    }

    @Test("an address can be registered once, ignoring case", arguments: ["ada@example.org", "ADA@EXAMPLE.ORG", " ada@example.org\n"])
    func addressIsTakenWhateverItsCase(email: String) async throws {
        try await AuthHarness().run { client in
            try await client.register()
            let response = try await client.register(email)
            #expect(response.status == .conflict)
            #expect(response.code == "email_taken")
        }
    }

    @Test("of twenty concurrent registrations, exactly one succeeds")
    func oneOfConcurrentRegistrationsSucceeds() async throws {
        try await AuthHarness().run { client in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await client.register().status.code } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 201 }.count == 1)
            #expect(statuses.filter { $0 == 409 }.count == 19)
        }
    }

    private static let badAddresses = [
        "", "ada", "@example.org", "ada@", "a@b@c", "ada @example.org", "ada@exam ple.org", "ada@-example.org", "ada@example..org",
        "ada@.org", "ada@example.org.", "<ada@example.org>", "ada@example.org,bob@example.org", "ada\u{0}@example.org",
        "ada\u{200b}@example.org", String(repeating: "a", count: 65) + "@example.org", "a@" + String(repeating: "b", count: 64) + ".org",
        "a@" + String(repeating: "b.", count: 130) + "org",
    ]

    @Test("an invalid email address is refused", arguments: badAddresses)
    func invalidAddressIsRefused(email: String) async throws {
        try await AuthHarness().run { client in
            let response = try await client.register(email)
            #expect(response.status == .unprocessableContent)
            #expect(response.code == "email_invalid")
            #expect(try response.object()["field"] as? String == "email")
        }
    }

    private static let goodAddresses = [
        "a@b.c", "ada+photos@example.org", "o'brien@example.org", "grüße@exämple.de", "ada@localhost", "1@2.de",
    ]

    @Test("unusual but valid addresses are accepted", arguments: goodAddresses)
    func unusualAddressIsAccepted(email: String) async throws {
        try await AuthHarness().run { client in
            let registered = try await client.register(email)
            #expect(registered.status == .created)
            #expect(try await client.login(email).status == .ok)
        }
    }

    private static let badPasswords = [
        ("1234567", "password_too_short"), ("", "password_too_short"), (String(repeating: "x", count: 1025), "password_too_long"),
        ("password123", "password_too_common"), ("TrustNo1", "password_too_common"), ("qwertyuiop", "password_too_common"),
    ]

    @Test("a password that is too short, too long or common is refused", arguments: badPasswords)
    func weakPasswordIsRefused(password: String, code: String) async throws {
        try await AuthHarness().run { client in
            let response = try await client.register("ada@example.org", password)
            #expect(response.status == .unprocessableContent)
            #expect(response.code == code)
            #expect(try response.object()["field"] as? String == "password")
        }
    }

    private static let badBodies: [([String: any Sendable], String)] = [
        ([:], "email"), (["email": "a@b.c"], "password"), (["email": 1, "password": "12345678"], "email"),
        (["email": "a@b.c", "password": ["12345678"]], "password"),
    ]

    @Test("the error names a missing or invalid field", arguments: badBodies.indices)
    func invalidFieldIsNamed(index: Int) async throws {
        let (body, field) = Self.badBodies[index]
        try await AuthHarness().run { client in
            for path in ["/register", "/login"] {
                let response = try await client.post(path, body)
                #expect(response.status == .unprocessableContent)
                #expect(try response.object()["field"] as? String == field)
            }
        }
    }

    @Test("a body that is far too large is refused")
    func hugeBodyIsRefused() async throws {
        try await AuthHarness().run { client in
            let response = try await client.register("ada@example.org", String(repeating: "x", count: 20_000))
            #expect(response.status == .contentTooLarge)
        }
    }
}
