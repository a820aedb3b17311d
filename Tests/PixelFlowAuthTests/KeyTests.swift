import Conformance
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import Testing

@testable import PixelFlowAuth

@Suite("API keys, and the routes of services and operators")
struct KeyTests {
    private static let secret = String(repeating: "s", count: 32)

    private func make(_ client: AuthClient, _ token: String, _ body: [String: any Sendable]) async throws -> TestResponse {
        try await client.send(.post, "/keys", as: token, ["name": "site", "scopes": ["tasks:read"]].merging(body) { $1 })
    }

    @Test("a key is shown once, grants its scopes, and is refused once it is revoked")
    func keyWorksUntilRevoked() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let made = try await make(client, ada.token, ["scopes": ["tasks:read", "organisation:admin"]]).object()
            let (id, key) = (try #require(made["id"] as? String), try #require(made["key"] as? String))
            let hint = try #require(made["hint"] as? String)
            #expect(key.hasPrefix("pf_live_") && key.hasSuffix(hint))
            let list = try #require(try await client.send(.get, "/keys", as: key).object()["keys"] as? [[String: Any]])
            #expect(list.map { $0["id"] as? String } == [id])
            #expect(list[0]["key"] == nil)
            let validation = try await client.validate(key).object()
            #expect(validation["tenant"] as? String == ada.tenant)
            #expect(validation["scope"] as? String == "organisation:admin tasks:read")
            #expect(try await client.send(.get, "/sessions", as: key).code == "person_required")
            #expect(try await client.send(.delete, "/keys/\(id)", as: ada.token).status == .noContent)
            #expect(try await client.validate(key).status == .unauthorized)
            // The id tells no one which key it was.
            let log = try await client.send(.get, "/audit?action=key.revoked", as: ada.token).object()["entries"] as? [[String: Any]]
            #expect(log?.map { $0["detail"] as? String } == ["site"])
        }
    }

    @Test("only a key that may administer the organisation lists the members")
    func members() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let path = "/organisations/\(ada.tenant)/members"
            let others = Scope.allCases.filter { $0 != .administer }.map(\.rawValue)
            let camera = try #require(try await make(client, ada.token, ["scopes": others]).object()["key"] as? String)
            let refusal = try await client.send(.get, path, as: camera)
            #expect(refusal.status == .forbidden && refusal.code == "insufficient_role")
            #expect(
                try refusal.object()["detail"] as? String == "This needs the scope organisation:admin, which this API key does not have.")
            #expect(!String(buffer: refusal.body).contains("ada@"))
            #expect(try await client.send(.get, "/organisations/\(ada.tenant)", as: camera).status == .ok)
            let scopes = [Scope.administer.rawValue]
            let admin = try #require(try await make(client, ada.token, ["scopes": scopes]).object()["key"] as? String)
            let list = try await client.send(.get, path, as: admin).object()["members"] as? [[String: Any]]
            #expect(list?.map { $0["email"] as? String } == ["ada@example.org"])
            #expect(try await client.send(.get, path, as: ada.token).status == .ok)
        }
    }

    @Test("a key may have a priority for the tasks that it makes")
    func priority() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            for priority in ["high", "normal", "low"] {
                let made = try await make(client, ada.token, ["name": priority, "priority": priority])
                #expect(made.status == .created)
                #expect(try made.object()["priority"] as? String == priority)
            }
            #expect(try await make(client, ada.token, [:]).object()["priority"] == nil)
            let refusal = try await make(client, ada.token, ["priority": "urgent"])
            #expect(refusal.code == "invalid_value")
            #expect(try refusal.object()["field"] as? String == "priority")
            let list = try #require(try await client.send(.get, "/keys", as: ada.token).object()["keys"] as? [[String: Any]])
            let priorities = list.map { "\($0["name"] ?? ""): \($0["priority"] ?? "none")" }
            #expect(Set(priorities) == ["high: high", "normal: normal", "low: low", "site: none"])
        }
    }

    @Test("a key cannot have a scope that its creator lacks")
    func keyCannotExceedScopesOfCreator() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let made = try await make(client, ada.token, ["scopes": ["organisation:admin"]]).object()
            let key = try #require(made["key"] as? String)
            #expect(try await make(client, key, ["scopes": ["tasks:write"]]).code == "scope_too_wide")
            #expect(try await make(client, key, ["scopes": ["organisation:admin"]]).status == .created)
            // Nor can it grant a role with more rights than its own.
            for role in ["viewer", "member", "admin", "owner"] {
                let invitation = try await client.send(.post, "/organisations/\(ada.tenant)/invitations", as: key, ["role": role])
                #expect(invitation.code == "role_too_high")
                let detail = try #require(try invitation.object()["detail"] as? String)
                #expect(
                    role == "owner" || role == "admin"
                        ? detail.contains("\(role)") : detail.contains("cannot grant the role \(role), because it does not have"))
            }
        }
    }

    @Test("a key created with a key cannot be used from more networks")
    func keyCannotExceedNetworksOfCreator() async throws {
        try await AuthHarness().runLive(with: { _ in }) { client in
            let client = client.forwarding("192.0.2.7")
            let ada = try await client.person("ada@example.org")
            let networks = ["192.0.2.0/24", "2001:db8::/32"]
            let maker = try await make(client, ada.token, ["scopes": ["organisation:admin"], "networks": networks]).object()
            let key = try #require(maker["key"] as? String)
            let wide: [[String]] = [[], ["0.0.0.0/0"], ["192.0.2.0/23"], ["192.0.2.0/25", "198.51.100.0/24"], ["::/0"], ["2001:db8::/31"]]
            for networks in wide {
                let refusal = try await make(client, key, ["scopes": ["organisation:admin"], "networks": networks])
                #expect(refusal.status == .forbidden, "\(networks)")
                #expect(refusal.code == "network_too_wide", "\(networks)")
                #expect(try refusal.object()["field"] as? String == "networks")
            }
            let narrow: [[String]?] = [nil, networks, ["192.0.2.128/25", "2001:db8:1::/48", "192.0.2.1/32"]]
            for given in narrow {
                var body: [String: any Sendable] = ["scopes": ["organisation:admin"]]
                if let given { body["networks"] = given }
                let made = try await make(client, key, body)
                #expect(made.status == .created, "\(given ?? [])")
                #expect(try made.object()["networks"] as? [String] == given ?? networks)
            }
            let mapped = try await make(client, key, ["scopes": ["organisation:admin"], "networks": ["::ffff:192.0.2.1"]])
            #expect(mapped.status == .created)
            // Nor can a key that it has created.
            let child = try #require(try await make(client, key, ["scopes": ["organisation:admin"]]).object()["key"] as? String)
            #expect(try await make(client, child, ["scopes": ["organisation:admin"], "networks": [String]()]).code == "network_too_wide")
            #expect(try await client.forwarding("198.51.100.7").send(.get, "/keys", as: child).code == "network_not_allowed")
        }
    }

    @Test("a key created with a key cannot expire later")
    func keyCannotOutliveCreatingKey() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let end = harness.clock.now() + .seconds(600)
            let maker = try await make(client, ada.token, ["scopes": ["organisation:admin"], "expires_at": end.iso8601]).object()
            let key = try #require(maker["key"] as? String)
            let body: [String: any Sendable] = ["scopes": ["organisation:admin"]]
            let refusal = try await make(client, key, body.merging(["expires_at": (end + .seconds(1)).iso8601]) { $1 })
            #expect(refusal.status == .forbidden && refusal.code == "expiry_too_late")
            #expect(try refusal.object()["field"] as? String == "expires_at")
            let inherited = try await make(client, key, body).object()
            #expect(inherited["expires_at"] as? String == end.iso8601)
            let sooner = (end + .seconds(-60)).iso8601
            let earlier = try await make(client, key, body.merging(["expires_at": sooner]) { $1 }).object()
            #expect(earlier["expires_at"] as? String == sooner)
            harness.clock.advance(by: .seconds(595))
            let child = try #require(inherited["key"] as? String)
            #expect(try await client.validate(child).status == .ok)
            harness.clock.advance(by: .seconds(6))
            let late = try await client.validate(child)
            #expect(late.status == .unauthorized)
            #expect(late.code == "token_expired")
            #expect(try late.object()["detail"] as? String == "The API key has expired; use one that has not.")
        }
    }

    private static let everything = Scope.allCases.map(\.rawValue)
    private static let bounds: [[String: any Sendable]] = [["networks": ["127.0.0.1"]], ["expires_at": "2999-01-01T00:00:00Z"]]

    @Test("a key that is bound gives no one rights, which would not be bound", arguments: bounds.indices)
    func boundsInvitations(index: Int) async throws {
        try await AuthHarness().runLive(with: { _ in }) { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let invitations = "/organisations/\(ada.tenant)/invitations"
            let free = try await make(client, ada.token, ["scopes": Self.everything]).object()
            let bound = try await make(client, ada.token, ["scopes": Self.everything].merging(Self.bounds[index]) { $1 }).object()
            let (freeKey, boundKey) = (try #require(free["key"] as? String), try #require(bound["key"] as? String))
            let open = try await client.send(.post, invitations, as: freeKey, ["role": "admin"]).object()
            let id = try #require(open["id"] as? String)
            for role in Role.allCases.map(\.rawValue) {
                let refusal = try await client.send(.post, invitations, as: boundKey, ["role": role])
                #expect(refusal.code == "role_too_high", "\(role)")
                let reason = role == "owner" ? "An API key cannot make anyone an owner." : "limited to networks or expires"
                let detail = try #require(try refusal.object()["detail"] as? String)
                #expect(detail.contains(reason), "\(role)")
            }
            let invitation = try await client.send(.post, invitations, as: freeKey, ["role": "member"])
            #expect(invitation.status == .created)
            let token = try #require(try invitation.object()["token"] as? String)
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": token]).status == .ok)
            let member = "/organisations/\(ada.tenant)/members/\(bob.id)"
            let promotion = try await client.send(.patch, member, as: boundKey, ["role": "admin"])
            #expect(promotion.code == "role_too_high")
            let detail = try #require(try promotion.object()["detail"] as? String)
            #expect(detail.contains("limited to networks or expires"))
            // It may lower a role, but not take that back.
            #expect(try await client.send(.patch, member, as: boundKey, ["role": "viewer"]).status == .ok)
            #expect(try await client.send(.patch, member, as: boundKey, ["role": "member"]).code == "role_too_high")
            #expect(try await client.send(.patch, member, as: freeKey, ["role": "member"]).status == .ok)
            // Last: the connection ends with a request whose body is not read.
            #expect(try await client.send(.post, invitations + "/\(id)/renew", as: boundKey).code == "role_too_high")
        }
    }

    /// As on a replica that has not received the revocation yet.
    @Test("a key that has just been revoked cannot create credentials")
    func revokedKeyCannotCreateCredentials() async throws {
        let harness = try AuthHarness()
        let (here, there) = (try await harness.service(), try await harness.service())
        try await AuthHarness.run(here) { client in
            try await AuthHarness.run(there) { other in
                let ada = try await client.person("ada@example.org")
                let made = try await make(client, ada.token, ["scopes": Self.everything]).object()
                let (id, key) = (try #require(made["id"] as? String), try #require(made["key"] as? String))
                #expect(try await other.validate(key).status == .ok)
                #expect(try await client.send(.delete, "/keys/\(id)", as: ada.token).status == .noContent)
                #expect(try await other.validate(key).status == .ok)
                #expect(try await make(other, key, [:]).code == "token_revoked")
                let invitations = "/organisations/\(ada.tenant)/invitations"
                #expect(try await other.send(.post, invitations, as: key, ["role": "member"]).code == "token_revoked")
            }
        }
    }

    @Test("an address that sends many unknown keys is throttled, and others are not")
    func throttlesUnknownKeys() async throws {
        let harness = try AuthHarness()
        try await harness.runLive(with: { _ in }) { client in
            let (guest, office) = (client.forwarding("203.0.113.9"), client.forwarding("198.51.100.7"))
            let ada = try await office.person("ada@example.org")
            let known = try #require(try await make(office, ada.token, ["scopes": ["organisation:admin"]]).object()["key"] as? String)
            let fresh = try #require(try await make(office, ada.token, ["scopes": ["organisation:admin"]]).object()["key"] as? String)
            #expect(try await guest.send(.get, "/keys", as: known).status == .ok)
            // The key is no longer cached, but still counts as valid.
            harness.clock.advance(by: .seconds(61))
            for number in 0..<60 {
                let paths = ["/keys", "/validate"]
                #expect(try await guest.send(.get, paths[number % 2], as: SecretToken(.key).text).code == "token_invalid")
            }
            for path in ["/keys", "/validate"] {
                let refused = try await guest.send(.get, path, as: SecretToken(.key).text)
                #expect(refused.status == .tooManyRequests && refused.code == "authentication_throttled")
                #expect(refused.headers[.retryAfter] == "1")
            }
            let exchange = try await guest.send(.post, "/token", as: SecretToken(.key).text, ["organisation": ada.tenant])
            #expect(exchange.code == "authentication_throttled")
            // Keys that were valid before still work, and so do all other addresses.
            #expect(try await guest.send(.get, "/keys", as: known).status == .ok)
            #expect(try await office.send(.get, "/keys", as: fresh).status == .ok)
            #expect(try await office.send(.get, "/keys", as: SecretToken(.key).text).code == "token_invalid")
            harness.clock.advance(by: .seconds(61))
            #expect(try await guest.send(.get, "/keys", as: SecretToken(.key).text).code == "token_invalid")
        }
    }

    @Test(
        "the error names an invalid field",
        arguments: [
            ("name", ["name": ""]), ("scopes", ["scopes": [String]()]), ("scopes[0]", ["scopes": ["everything"]]),
            ("expires_at", ["expires_at": "2020-01-01T00:00:00Z"]), ("expires_at", ["expires_at": "soon"]),
            ("networks[0]", ["networks": ["here"]]),
        ] as [(String, [String: any Sendable])])
    func invalidFieldIsNamed(field: String, body: [String: any Sendable]) async throws {
        try await AuthHarness().run { client in
            let response = try await make(client, try await client.person("ada@example.org").token, body)
            #expect(response.code == "invalid_value")
            #expect(try response.object()["field"] as? String == field)
        }
    }

    @Test("an expired key is refused, and a mistyped key has another error than an unknown one")
    func expiredAndMistypedKeysAreRefused() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let expiry = (harness.clock.now() + .seconds(60)).iso8601
            let made = try await make(client, ada.token, ["expires_at": expiry]).object()
            let key = try #require(made["key"] as? String)
            #expect(try await client.validate(key).status == .ok)
            harness.clock.advance(by: .seconds(61))
            #expect(try await client.validate(key).status == .unauthorized)
            let typo = try await client.validate(String(key.dropLast()) + (key.hasSuffix("0") ? "1" : "0")).object()
            #expect((typo["detail"] as? String)?.contains("typing error") == true)
            #expect(try await client.validate(SecretToken(.key).text).code == "token_invalid")
        }
    }

    @Test("a key restricted to a network is refused from other addresses")
    func keyIsRefusedFromOtherNetworks() async throws {
        let harness = try AuthHarness()
        try await harness.runLive(with: { _ in }) { client in
            let ada = try await client.person("ada@example.org")
            let made = try await make(client, ada.token, ["scopes": ["organisation:admin"], "networks": ["192.0.2.0/24"]]).object()
            let key = try #require(made["key"] as? String)
            #expect(try await client.forwarding("192.0.2.7").send(.get, "/keys", as: key).status == .ok)
            let refused = try await client.forwarding("198.51.100.7").send(.get, "/keys", as: key)
            #expect(refused.status == .forbidden)
            #expect(refused.code == "network_not_allowed")
        }
    }

    @Test("the routes of services accept the service secret only")
    func serviceRoutesRequireServiceSecret() async throws {
        try await AuthHarness().run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let ada = try await client.person("ada@example.org")
            let key = try #require(try await make(client, ada.token, [:]).object()["key"] as? String)
            for token in [ada.token, key, nil, Self.secret + "s"] {
                #expect(try await client.send(.get, "/revocations", as: token).status == .unauthorized)
                #expect(try await client.send(.post, "/introspect", as: token, ["token": key]).status == .unauthorized)
                #expect(try await client.send(.get, "/operator/users", as: token).status == .unauthorized)
            }
            let response = try await client.send(.post, "/introspect", as: Self.secret, ["token": key]).object()
            #expect(response["active"] as? Bool == true)
            #expect(response["tenant"] as? String == ada.tenant)
            let unknown = try await client.send(.post, "/introspect", as: Self.secret, ["token": "pf_live_x"])
            #expect(String(buffer: unknown.body) == #"{"active":false}"#)
        }
        try await AuthHarness().run { client in
            let refused = try await client.send(.get, "/revocations", as: Self.secret)
            #expect(refused.code == "operator_access_off")
        }
    }

    @Test("only an operator can read the diagnosis of the backends")
    func onlyOperatorsReadDiagnosis() async throws {
        try await AuthHarness().run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let ada = try await client.person("ada@example.org")
            #expect(try await client.send(.get, "/operator/backends", as: ada.token).status == .unauthorized)
            // The store is in this process, so there is no server to diagnose.
            let response = try await client.send(.get, "/operator/backends", as: Self.secret)
            #expect(response.status == .ok && String(buffer: response.body) == #"{"backends":[]}"#)
        }
    }

    @Test("only an operator can read the archive, and rows are not restored over existing accounts")
    func onlyOperatorsUseArchive() async throws {
        try await AuthHarness().run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let ada = try await client.person("ada@example.org")
            for path in ["/operator/archive", "/operator/archive/rows"] {
                #expect(try await client.send(.get, path, as: ada.token).status == .unauthorized)
            }
            #expect(try await client.send(.put, "/operator/archive/restores/b1", as: ada.token).status == .unauthorized)
            let rows = String(buffer: try await client.send(.get, "/operator/archive/rows", as: Self.secret).body)
            #expect(rows.contains("ada@example.org") && rows.hasSuffix("\"}\n"))
            #expect(try await client.send(.put, "/operator/archive/restores/b1", as: Self.secret).code == "restore_not_empty")
        }
    }

    @Test("an operator can create, disable and recover accounts, and delete and restore organisations")
    func operatorManagesAccountsAndOrganisations() async throws {
        try await AuthHarness().run(with: {
            $0.serviceSecret = ServiceSecret(Self.secret); $0.registration = .closed
        }) { client in
            let made = try await client.send(.post, "/operator/users", as: Self.secret, ["email": "ada@example.org"])
            #expect(made.status == .created)
            let reset = try #require(try made.object()["reset_token"] as? String)
            #expect(try await client.send(.post, "/operator/users", as: Self.secret, ["email": "ada@example.org"]).code == "email_taken")
            let body: [String: any Sendable] = ["token": reset, "new_password": "correct horse"]
            #expect(try await client.post("/password/reset", body).status == .noContent)
            #expect(try await client.post("/password/reset", body).code == "reset_invalid")
            let token = try await client.token("ada@example.org")
            let users = try #require(
                try await client.send(.get, "/operator/users", as: Self.secret).object()["users"] as? [[String: Any]])
            let id = try #require(users.first?["id"] as? String)
            let path = "/operator/users/\(id)"
            #expect(try await client.send(.patch, path, as: Self.secret, ["disabled": true]).status == .ok)
            #expect(try await client.validate(token).code == "token_revoked")
            #expect(try await client.login("ada@example.org").code == "account_disabled")
            #expect(try await client.send(.patch, path, as: Self.secret, ["disabled": false]).status == .ok)
            let again = try await client.token("ada@example.org")
            let tenant = try #require(users.first?["tenant"] as? String)
            #expect(
                try await client.send(.patch, "/operator/organisations/\(tenant)", as: Self.secret, ["deleted": true]).status == .noContent)
            #expect(try await client.validate(again).code == "token_revoked")
            #expect(
                try await client.send(.patch, "/operator/organisations/\(tenant)", as: Self.secret, ["deleted": false]).status == .noContent
            )
            #expect(try await client.validate(again).status == .ok)
        }
    }

    @Test("keys of the personal organisation are refused while its account is disabled, and revoked by a password reset")
    func personalKeysFollowAccount() async throws {
        let harness = try AuthHarness()
        try await harness.run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let ada = try await client.person("ada@example.org")
            let made = try await client.send(.post, "/keys", as: ada.token, ["name": "site", "scopes": ["tasks:read"]]).object()
            let key = try #require(made["key"] as? String)
            // Cached by the verifier, which asks for it once a minute only.
            #expect(try await client.validate(key).status == .ok)
            let path = "/operator/users/\(ada.id)"
            #expect(try await client.send(.patch, path, as: Self.secret, ["disabled": true]).status == .ok)
            #expect(try await client.validate(key).code == "token_revoked")
            let response = try await client.send(.post, "/introspect", as: Self.secret, ["token": key]).object()
            #expect(response["active"] as? Bool == false)
            #expect(try await client.send(.patch, path, as: Self.secret, ["disabled": false]).status == .ok)
            #expect(try await client.validate(key).status == .ok)

            let reset = try await client.send(.post, "\(path)/password-reset", as: Self.secret).object()["reset_token"] as? String
            let body: [String: any Sendable] = ["token": reset ?? "", "new_password": "battery staple"]
            #expect(try await client.post("/password/reset", body).status == .noContent)
            #expect(try await client.validate(key).code == "token_revoked")
            harness.clock.advance(by: .seconds(61))
            #expect(try await client.validate(key).code == "token_invalid")
            let token = try await client.token("ada@example.org", "battery staple")
            #expect(try await client.send(.get, "/keys", as: token).object()["keys"] as? [String] == [])
        }
    }

    @Test("the setup token registers the first account if registration is not open")
    func setupTokenRegistersFirstAccount() async throws {
        let harness = try AuthHarness()
        try await harness.run(with: { $0.registration = .invite }) { client in
            #expect(try await client.get("/register").object()["needs_setup"] as? Bool == true)
            let body: [String: any Sendable] = ["email": "ada@example.org", "password": "correct horse"]
            #expect(try await client.post("/register", body.merging(["setup_token": "pf_setup_x"]) { $1 }).code == "registration_closed")
            let key = try #require(try await harness.store().signingKeys().last)
            let token = RefreshTokens(secret: key.privateKey).setupToken
            #expect(try await client.post("/register", body.merging(["setup_token": token]) { $1 }).status == .created)
            #expect(try await client.get("/register").object()["needs_setup"] as? Bool == false)
            let second = body.merging(["email": "bob@example.org", "setup_token": token]) { $1 }
            #expect(try await client.post("/register", second).code == "registration_closed")
        }
    }
}
