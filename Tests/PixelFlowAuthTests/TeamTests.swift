import Conformance
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import PixelFlowIdentity
import Testing

@testable import PixelFlowAuth

@Suite("Organisations, members and invitations")
struct TeamTests {
    /// Creates an organisation and switches to it.
    private func team(_ client: AuthClient, of owner: Person) async throws -> (id: String, token: String) {
        let made = try await client.send(.post, "/organisations", as: owner.token, ["name": "Works"])
        #expect(made.status == .created)
        let id = try #require(try made.object()["id"] as? String)
        return (id, try await change(client, owner.token, to: id))
    }

    private func change(_ client: AuthClient, _ token: String, to id: String) async throws -> String {
        let changed = try await client.send(.post, "/token", as: token, ["organisation": id])
        #expect(changed.status == .ok)
        return try #require(try changed.object()["token"] as? String)
    }

    private func invite(_ client: AuthClient, to id: String, by token: String, as role: String) async throws -> String {
        let invitation = try await client.send(.post, "/organisations/\(id)/invitations", as: token, ["role": role])
        #expect(invitation.status == .created)
        return try #require(try invitation.object()["token"] as? String)
    }

    @Test("an invited member has the role of the invitation until they are removed")
    func invitedMemberHasRoleUntilRemoved() async throws {
        try await AuthHarness().run { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let team = try await team(client, of: ada)
            let token = try await invite(client, to: team.id, by: team.token, as: "member")
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": token]).status == .ok)
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": token]).code == "invitation_invalid")

            let inTeam = try await change(client, bob.token, to: team.id)
            let validation = try await client.validate(inTeam).object()
            #expect(validation["tenant"] as? String == team.id)
            #expect(validation["role"] as? String == "member")
            #expect(validation["scope"] as? String == "outputs:read presets:write tasks:read tasks:write")

            let member = "/organisations/\(team.id)/members/\(bob.id)"
            #expect(try await client.send(.patch, member, as: team.token, ["role": "viewer"]).status == .ok)
            #expect(try await client.validate(inTeam).code == "token_revoked")
            let asViewer = try await change(client, bob.token, to: team.id)
            #expect(try await client.validate(asViewer).object()["scope"] as? String == "outputs:read tasks:read")

            #expect(try await client.send(.delete, member, as: team.token).status == .noContent)
            #expect(try await client.validate(asViewer).code == "token_revoked")
            #expect(try await client.send(.post, "/token", as: bob.token, ["organisation": team.id]).status == .notFound)
            #expect(try await client.validate(bob.token).status == .ok, "the personal organisation still works")
        }
    }

    @Test("registering with an invitation joins its organisation, also if registration requires one")
    func invitationJoinsAtRegistration() async throws {
        let harness = try AuthHarness()
        let token = try await {
            nonisolated(unsafe) var token = ""
            try await harness.run { client in
                let ada = try await client.person("ada@example.org")
                let team = try await team(client, of: ada)
                token = try await invite(client, to: team.id, by: team.token, as: "admin")
            }
            return token
        }()
        try await harness.run(with: { $0.registration = .invite }) { client in
            let body: [String: any Sendable] = ["email": "bob@example.org", "password": "correct horse"]
            #expect(try await client.post("/register", body).code == "registration_closed")
            let other = body.merging(["invitation": token + "x"]) { $1 }
            #expect(try await client.post("/register", other).code == "invitation_invalid")
            #expect(try await client.post("/register", body.merging(["invitation": token]) { $1 }).status == .created)
            let bob = try await client.token("bob@example.org")
            let list = try await client.send(.get, "/organisations", as: bob).object()["organisations"] as? [[String: Any]]
            #expect(list?.map { $0["role"] as? String }.contains("admin") == true)
        }
    }

    @Test("an invitation for an address cannot be accepted by another account")
    func invitationIsBoundToItsAddress() async throws {
        try await AuthHarness().run { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let team = try await team(client, of: ada)
            let body: [String: any Sendable] = ["role": "member", "email": "Eve@Example.org"]
            let invitation = try await client.send(.post, "/organisations/\(team.id)/invitations", as: team.token, body).object()
            let token = try #require(invitation["token"] as? String)
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": token]).code == "invitation_invalid")
            let eve = try await client.person("eve@example.org")
            #expect(try await client.send(.post, "/invitations/accept", as: eve.token, ["token": token]).status == .ok)
        }
    }

    @Test("roles limit what members may do", arguments: ["viewer", "member", "admin"])
    func rolesLimitMembers(role: String) async throws {
        try await AuthHarness().run { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let team = try await team(client, of: ada)
            let invitation = try await invite(client, to: team.id, by: team.token, as: role)
            _ = try await client.send(.post, "/invitations/accept", as: bob.token, ["token": invitation])
            let token = try await change(client, bob.token, to: team.id)
            let isAdmin = role == "admin"
            let path = "/organisations/\(team.id)"
            #expect(try await client.send(.get, path + "/members", as: token).status == .ok)
            let needAdmin = [
                try await client.send(.patch, path, as: token, ["name": "Mine"]),
                try await client.send(.get, path + "/invitations", as: token), try await client.send(.get, "/keys", as: token),
                try await client.send(.get, "/audit", as: token),
            ]
            #expect(needAdmin.map(\.status) == Array(repeating: isAdmin ? .ok : .forbidden, count: 4))
            #expect(try await client.send(.delete, path + "?name=Works", as: token).status == .forbidden)
            let promotion = try await client.send(.patch, path + "/members/\(bob.id)", as: token, ["role": "owner"])
            #expect(promotion.code == (isAdmin ? "role_too_high" : "insufficient_role"))
            let removal = try await client.send(.delete, path + "/members/\(ada.id)", as: token)
            #expect(removal.code == (isAdmin ? "role_too_high" : "insufficient_role"))
        }
    }

    @Test(
        "an organisation is invisible to those who are not members",
        arguments: [
            ("GET", "", nil), ("PATCH", "", #"{"name":"Mine"}"#), ("DELETE", "?name=Works", nil), ("GET", "/members", nil),
            ("PATCH", "/members/USER", #"{"role":"viewer"}"#), ("DELETE", "/members/USER", nil), ("GET", "/invitations", nil),
            ("POST", "/invitations", #"{"role":"viewer"}"#),
        ] as [(String, String, String?)])
    func organisationIsHiddenFromOthers(method: String, path: String, body: String?) async throws {
        try await AuthHarness().run { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let team = try await team(client, of: ada)
            for id in [team.id, ada.tenant, "none"] {
                let uri = "/organisations/\(id)\(path.replacing("USER", with: ada.id))"
                var headers: HTTPFields = [.contentType: "application/json"]
                headers[.authorization] = "Bearer \(bob.token)"
                let response = try await client.client.execute(
                    uri: uri, method: try #require(.init(rawValue: method)), headers: headers, body: body.map { .init(string: $0) })
                #expect(response.status == .notFound, "\(method) \(uri)")
                #expect(response.code == "not_found")
            }
        }
    }

    @Test("every credential of a deleted organisation is refused, and an owner can restore it")
    func ownerRestoresDeletedOrganisation() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let team = try await team(client, of: ada)
            let key = try await client.send(.post, "/keys", as: team.token, ["name": "site", "scopes": ["tasks:read"]]).object()
            let secret = try #require(key["key"] as? String)
            let path = "/organisations/\(team.id)"
            #expect(try await client.send(.delete, path, as: team.token).code == "not_confirmed")
            #expect(try await client.send(.delete, path + "?name=Works", as: team.token).status == .noContent)
            #expect(try await client.validate(team.token).code == "token_revoked")
            #expect(try await client.validate(secret).status == .unauthorized)
            #expect(try await client.send(.patch, path, as: ada.token, ["name": "Other"]).status == .notFound)
            #expect(try await client.send(.patch, path, as: ada.token, ["deleted": false]).status == .ok)
            #expect(try await client.validate(team.token).status == .ok)
            #expect(
                try await client.send(.delete, "/organisations/\(ada.tenant)?name=ada@example.org", as: ada.token).code
                    == "personal_organisation")
        }
    }

    @Test("a restoration that is no longer possible is refused, and nothing of the request is applied")
    func lateRestorationIsRefused() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let team = try await team(client, of: ada)
            let path = "/organisations/\(team.id)"
            // Nothing is to be restored yet.
            #expect(try await client.send(.patch, path, as: team.token, ["deleted": false, "name": "New"]).status == .ok)
            #expect(try await client.send(.delete, path + "?name=New", as: team.token).status == .noContent)
            let invalid = try await client.send(.patch, path, as: ada.token, ["deleted": false, "name": ""])
            #expect(invalid.status == .unprocessableContent && invalid.code == "invalid_value")
            #expect(try await client.send(.get, path, as: ada.token).object()["deleted_at"] != nil, "not restored by half of a change")
            #expect(try await client.send(.patch, path, as: ada.token, ["deleted": false, "name": "Mine"]).status == .ok)
            #expect(try await client.validate(team.token).status == .ok)
            #expect(try await client.send(.delete, path + "?name=Mine", as: team.token).status == .noContent)
            harness.clock.advance(by: IdentityStore.restorePeriod)
            let login = try await client.login("ada@example.org").object()
            let token = try #require(login["token"] as? String)
            let refused = try await client.send(.patch, path, as: token, ["deleted": false, "name": "Other"])
            #expect(refused.status == .conflict && refused.code == "not_restorable")
            let present = try await client.send(.get, path, as: token).object()
            #expect(present["deleted_at"] != nil && present["name"] as? String == "Mine")
        }
    }

    @Test("an invitation is invalid once its inviter has been removed or demoted, until another admin renews it")
    func invitationEndsWithInviter() async throws {
        try await AuthHarness().run { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let eve = try await client.person("eve@example.org")
            let team = try await team(client, of: ada)
            let first = try await invite(client, to: team.id, by: team.token, as: "admin")
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": first]).status == .ok)
            let token = try await invite(client, to: team.id, by: try await change(client, bob.token, to: team.id), as: "admin")
            let member = "/organisations/\(team.id)/members/\(bob.id)"
            #expect(try await client.send(.patch, member, as: team.token, ["role": "viewer"]).status == .ok)
            #expect(try await client.send(.post, "/invitations/accept", as: eve.token, ["token": token]).code == "invitation_invalid")
            #expect(try await client.send(.delete, member, as: team.token).status == .noContent)
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": token]).code == "invitation_invalid")
            let path = "/organisations/\(team.id)/invitations"
            let open = try await client.send(.get, path, as: team.token).object()["invitations"] as? [[String: Any]]
            let id = try #require(open?.first?["id"] as? String)
            let renewed = try await client.send(.post, "\(path)/\(id)/renew", as: team.token).object()
            #expect(renewed["invited_by"] as? String == ada.id)
            let next = try #require(renewed["token"] as? String)
            #expect(try await client.send(.post, "/invitations/accept", as: eve.token, ["token": next]).status == .ok)
        }
    }

    @Test("the audit log lists who did what, in pages and as JSON lines")
    func auditLogListsActions() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let team = try await team(client, of: ada)
            harness.clock.advance(by: .seconds(1))
            _ = try await invite(client, to: team.id, by: team.token, as: "member")
            let first = try await client.send(.get, "/audit?limit=1", as: team.token).object()
            let entry = try #require((first["entries"] as? [[String: Any]])?.first)
            #expect(entry["action"] as? String == "invitation.created")
            #expect(entry["actor_name"] as? String == "ada@example.org")
            let cursor = try #require(first["next_cursor"] as? String)
            let second = try await client.send(.get, "/audit?limit=1&cursor=\(cursor)", as: team.token).object()
            #expect((second["entries"] as? [[String: Any]])?.first?["action"] as? String == "organisation.created")
            let lines = try await client.client.execute(
                uri: "/audit", method: .get, headers: [.authorization: "Bearer \(team.token)", .accept: "application/x-ndjson"])
            #expect(String(buffer: lines.body).split(separator: "\n").count == 2)
            #expect(try await client.send(.get, "/audit?action=nonsense", as: team.token).code == "invalid_value")
        }
    }

    @Test("the Link header leads through all pages of a filtered export, whatever URL reaches the service")
    func linkHeaderLeadsThroughAllPages() async throws {
        let harness = try AuthHarness()
        try await harness.run { client in
            let ada = try await client.person("ada@example.org")
            let team = try await team(client, of: ada)
            for _ in 0..<3 {
                harness.clock.advance(by: .seconds(1))
                _ = try await invite(client, to: team.id, by: team.token, as: "member")
            }
            let since = (harness.clock.now() + .seconds(-1)).iso8601.replacing(":", with: "%3A")
            var query = "?action=invitation.created&actor=\(ada.id)&since=\(since)&limit=1"
            var found: [String] = []
            for _ in 0..<3 {
                let page = try await client.client.execute(
                    uri: "/audit" + query, method: .get,
                    headers: [.authorization: "Bearer \(team.token)", .accept: "application/x-ndjson"])
                found += String(buffer: page.body).split(separator: "\n").map(String.init)
                guard let link = page.headers[try #require(HTTPField.Name("link"))] else { break }
                // Only a query, so that the path with any prefix is kept.
                #expect(link.hasPrefix("<?") && link.hasSuffix(#">; rel="next""#))
                query = String(link.dropFirst().prefix { $0 != ">" })
            }
            #expect(found.count == 2 && found.allSatisfy { $0.contains("invitation.created") })
        }
    }

    @Test("the Location of a new organisation is relative, without a path prefix")
    func locationIsRelative() async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let made = try await client.send(.post, "/organisations", as: ada.token, ["name": "Works"])
            let id = try #require(try made.object()["id"] as? String)
            #expect(made.headers[.location] == "organisations/\(id)")
        }
    }

    @Test(
        "a name with a line break or an invisible character is refused",
        arguments: ["a\u{2028}b", "a\u{2029}b", "a\u{85}b", "a\u{9f}b", "a\nb", "a\u{7f}b", "\u{200b}ab"])
    func nameWithLineBreakIsRefused(name: String) async throws {
        try await AuthHarness().run { client in
            let ada = try await client.person("ada@example.org")
            let refusals = [
                try await client.send(.post, "/organisations", as: ada.token, ["name": name]),
                try await client.send(.patch, "/organisations/\(ada.tenant)", as: ada.token, ["name": name]),
                try await client.send(.post, "/keys", as: ada.token, ["name": name, "scopes": ["tasks:read"]]),
            ]
            #expect(refusals.map(\.status) == Array(repeating: .unprocessableContent, count: 3))
            #expect(refusals.map(\.code) == Array(repeating: "invalid_value", count: 3))
        }
    }

    @Test("no one can join a deleted organisation, and its invitations are valid again once it is restored")
    func deletedOrganisationCannotBeJoined() async throws {
        try await AuthHarness().run { client in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let team = try await team(client, of: ada)
            let token = try await invite(client, to: team.id, by: team.token, as: "member")
            #expect(try await client.send(.delete, "/organisations/\(team.id)?name=Works", as: team.token).status == .noContent)
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": token]).code == "invitation_invalid")
            let body: [String: any Sendable] = ["email": "eve@example.org", "password": "correct horse", "invitation": token]
            #expect(try await client.post("/register", body).code == "invitation_invalid")
            #expect(try await client.send(.patch, "/organisations/\(team.id)", as: ada.token, ["deleted": false]).status == .ok)
            #expect(try await client.send(.post, "/invitations/accept", as: bob.token, ["token": token]).status == .ok)
        }
    }
}
