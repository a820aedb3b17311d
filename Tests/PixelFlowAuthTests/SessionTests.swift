import Conformance
import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import PixelFlowIdentity
import Testing

@testable import PixelFlowAuth

@Suite("Sessions, passwords and refresh tokens")
struct SessionTests {
    private func refresh(_ client: AuthClient, _ token: String) async throws -> TestResponse {
        try await client.post("/token", ["refresh_token": token])
    }

    @Test("a refresh token returns new tokens; used again, it returns the same ones within the grace period, and later ends the session")
    func refreshTokenRotates() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let next = try #require(try await refresh(client, ada.refreshToken).object()["refresh_token"] as? String)
            #expect(next != ada.refreshToken)
            #expect(try await refresh(client, ada.refreshToken).object()["refresh_token"] as? String == next)
            harness.clock.advance(by: .seconds(31))
            #expect(try await client.validate(ada.token).status == .ok)
            #expect(try await refresh(client, ada.refreshToken).code == "refresh_token_invalid")
            #expect(try await refresh(client, next).code == "refresh_token_invalid")
            harness.clock.advance(by: .seconds(10))
            #expect(try await client.validate(ada.token).code == "token_revoked")
        }
    }

    @Test("a token for another organisation ends with the token that asked for it, and with the session")
    func switchesWithoutProlonging() async throws {
        let harness = try AuthHarness()
        try await harness.run(with: { $0.tokenLifetime = .seconds(3600) }) { client in
            let ada = try await client.person("ada@example.org")
            var token = ada.token
            let end = try #require(try await client.validate(token).object()["expires_at"] as? String)
            for left in [2400, 1200] {
                harness.clock.advance(by: .seconds(1200))
                let issued = try await client.send(.post, "/token", as: token, ["organisation": ada.tenant]).object()
                #expect(issued["expires_in"] as? Int == left)
                token = try #require(issued["token"] as? String)
                #expect(try await client.validate(token).object()["expires_at"] as? String == end)
            }
            // With its leeway.
            harness.clock.advance(by: .seconds(1300))
            #expect(try await client.validate(token).code == "token_expired")
            let refreshed = try await refresh(client, ada.refreshToken).object()
            #expect(refreshed["expires_in"] as? Int == 3600)
        }
    }

    @Test("a token whose session has ended gives no other token")
    func endedSessionsGiveNoTokens() async throws {
        let harness = try AuthHarness()
        try await harness.run(with: { $0.sessionLifetime = .seconds(600) }) { client in
            let ada = try await client.person("ada@example.org")
            harness.clock.advance(by: .seconds(600))
            #expect(try await client.send(.post, "/token", as: ada.token, ["organisation": ada.tenant]).code == "session_required")
        }
    }

    @Test("a refresh token that was made up, changed or is another's secret is refused", arguments: ["", "x", "pf_refresh_a.1.b"])
    func refusesForged(token: String) async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            for text in [token, ada.token, ada.refreshToken + "A", ada.refreshToken.replacing(".1.", with: ".2.")] {
                #expect(try await refresh(client, text).code == "refresh_token_invalid", "\(text)")
            }
            #expect(try await refresh(client, ada.refreshToken).status == .ok)
        }
    }

    @Test("signing out ends the session and its tokens, and no other session")
    func signOutEndsOnlyItsSession() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let other = try await client.token("ada@example.org")
            #expect(try await client.send(.post, "/logout", as: ada.token).status == .noContent)
            #expect(try await client.validate(ada.token).code == "token_revoked")
            #expect(try await refresh(client, ada.refreshToken).code == "refresh_token_invalid")
            #expect(try await client.validate(other).status == .ok)
        }
    }

    @Test("users can list and end their own sessions, but not those of others")
    func sessionsAreListedAndEnded() async throws {
        try await AuthHarness().run { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let second = try await client.token("ada@example.org")
            let list = try #require(try await client.send(.get, "/sessions", as: second).object()["sessions"] as? [[String: Any]])
            #expect(list.count == 2)
            let first = try #require(list.first { $0["current"] as? Bool == false }?["id"] as? String)
            #expect(try await client.send(.delete, "/sessions/\(first)", as: bob.token).status == .notFound)
            #expect(try await client.send(.delete, "/sessions/\(first)", as: second).status == .noContent)
            #expect(try await client.validate(ada.token).code == "token_revoked")
            #expect(try await client.validate(second).status == .ok)
        }
    }

    @Test("a password change ends the other sessions, and the old password is refused")
    func passwordChangeEndsOtherSessions() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let other = try await client.token("ada@example.org")
            let wrong: [String: any Sendable] = ["password": "wrong horse", "new_password": "battery staple"]
            #expect(try await client.send(.post, "/password", as: ada.token, wrong).code == "password_wrong")
            let right: [String: any Sendable] = ["password": "correct horse", "new_password": "battery staple"]
            #expect(try await client.send(.post, "/password", as: ada.token, right).status == .noContent)
            #expect(try await client.validate(ada.token).status == .ok)
            #expect(try await client.validate(other).code == "token_revoked")
            #expect(try await client.login("ada@example.org").code == "credentials_invalid")
            #expect(try await client.login("ada@example.org", "battery staple").status == .ok)
        }
    }

    @Test("an account is deleted with its password, and its address can be registered again")
    func accountIsDeletedWithPassword() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            #expect(try await client.send(.delete, "/me", as: ada.token, ["password": "wrong horse"]).code == "password_wrong")
            #expect(try await client.send(.delete, "/me", as: ada.token, ["password": "correct horse"]).status == .noContent)
            #expect(try await client.validate(ada.token).code == "token_revoked")
            #expect(try await client.login("ada@example.org").code == "credentials_invalid")
            #expect(try await client.register("ada@example.org").status == .created)
        }
    }

    @Test("a hash with a lower cost is replaced at the next sign-in")
    func weakHashIsReplacedAtSignIn() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in try await client.register() }
        let before = try await harness.store().user(email: "ada@example.org")?.passwordHash
        let service = try AuthService(
            store: try harness.store(), clock: harness.clock, hasher: try BcryptHasher(cost: 5, threads: 1, queue: 10),
            metrics: harness.registry)
        try await AuthHarness.run(service) { client in
            let login = try await client.login()
            #expect(login.status == .ok)
        }
        try await eventually(within: .seconds(20), "a new hash") {
            let hash = try await harness.store().user(email: "ada@example.org")?.passwordHash
            return hash != before
        }
        let user = try #require(try await harness.store().user(email: "ada@example.org"))
        #expect(user.passwordHash.hasPrefix("$2b$05$"))
    }
}
