import Conformance
import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import SMTP
import Testing

@testable import PixelFlowAuth

@Suite("Mail of auth")
struct MailTests {
    static func settings(_ settings: inout AuthSettings) throws {
        settings.mail = MailSettings(
            server: try SMTPEndpoint(url: "smtp://127.0.0.1"), sender: try MailAddress("noreply@example.org", name: "PixelFlow"),
            page: "https://images.example.org/pf")
    }

    private func run(
        verifying: Bool = false, _ test: @Sendable (AuthHarness, AuthClient, MailSender) async throws -> Void
    ) async throws {
        let harness = try AuthHarness()
        var mail = AuthSettings()
        try Self.settings(&mail)
        if verifying { mail.mail?.verification = .on }
        let settings = mail
        let service = try await harness.service { $0.mail = settings.mail }
        let sender = try #require(service.mailSender)
        try await AuthHarness.run(service) { try await test(harness, $0, sender) }
    }

    @Test("an organisation with too many queued messages cannot queue more and does not affect others")
    func organisationBacklogIsLimited() async throws {
        try await run(verifying: true) { harness, client, _ in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let (store, now) = (try harness.store(), harness.clock.now())
            for _ in 1..<IdentityStore.mailLimitOfOrganisation {
                try await store.queue(
                    QueuedMail(
                        id: UUIDv7.make(at: now), kind: .invitation, recipient: "x@example.org", organisation: TenantID(ada.tenant),
                        createdAt: now, expiresAt: now + .seconds(86_400)))
            }
            func invite(by person: Person, _ path: String = "", to address: String? = "eve@example.org") async throws -> TestResponse {
                let body = ["role": "member"].merging(address.map { ["email": $0] } ?? [:]) { $1 }
                return try await client.send(.post, "/organisations/\(person.tenant)/invitations\(path)", as: person.token, body)
            }
            let mallory = "mallory@example.org"
            let last = try await invite(by: ada, to: mallory)
            #expect(last.status == .created)
            let id = try #require(try last.object()["id"] as? String)
            harness.clock.advance(by: IdentityStore.resetPause)
            for refused in [try await invite(by: ada), try await invite(by: ada, "/\(id)/renew", to: mallory)] {
                #expect(refused.status == .tooManyRequests && refused.code == "organisation_mail_backlog")
                #expect(refused.headers[.retryAfter] == "60")
            }
            // Requests without mail, of another organisation, and of accounts.
            #expect(try await invite(by: ada, to: nil).status == .created)
            #expect(try await invite(by: bob, to: "zoe@example.org").status == .created)
            #expect(try await client.register("kim@example.org").status == .created)
            #expect(try await client.post("/password/forgot", ["email": "kim@example.org"]).status == .accepted)
        }
    }

    private func reset(_ client: AuthClient, _ token: String?, _ password: String = "battery staple") async throws -> TestResponse {
        try await client.post("/password/reset", ["token": token ?? "", "new_password": password])
    }

    // MARK: Forgotten passwords

    @Test("a forgotten password can be reset with the link of a message, once, which ends every session")
    func passwordIsResetByLink() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            #expect(try await client.post("/password/forgot", ["email": " Ada@Example.org "]).status == .accepted)
            try await sender.sendDue()
            let message = try #require(harness.mailbox.messages.first)
            #expect(message.to.address == "ada@example.org")
            #expect(message.text.contains("https://images.example.org/pf/reset#pf_reset_"))
            let short = try await reset(client, message.token, "short")
            #expect(short.code == "password_too_short" && (try? short.object()["field"] as? String) == "new_password")
            #expect(try await reset(client, message.token).status == .noContent)
            #expect(try await reset(client, message.token, "once more again").code == "reset_invalid")
            #expect(try await client.validate(ada.token).code == "token_revoked")
            #expect(try await client.post("/token", ["refresh_token": ada.refreshToken]).code == "refresh_token_invalid")
            #expect(try await client.login("ada@example.org", "battery staple").status == .ok)
            // Nothing is left in the outbox that could make the link valid again.
            #expect(try await sender.sendDue() == 0)
        }
    }

    @Test("neither the response nor the work done reveals whether an address has an account")
    func forgottenPasswordRevealsNoAccount() async throws {
        try await run { harness, client, sender in
            try await client.register("ada@example.org")
            let hashes = harness.hasher.hashes
            var responses: [TestResponse] = []
            for address in ["ada@example.org", "nobody@example.org"] {
                responses.append(try await client.post("/password/forgot", ["email": address]))
                #expect(try await harness.store().mailBacklog() == responses.count)
            }
            let (known, unknown) = (responses[0], responses[1])
            #expect(known.status == unknown.status && known.body == unknown.body)
            let fields = [known, unknown].map { response in response.headers.filter { ![.date, .xRequestID].contains($0.name) } }
            #expect(fields[0] == fields[1])
            #expect(harness.hasher.hashes == hashes && harness.hasher.verifications.isEmpty)
            #expect(try await sender.sendDue() == 2)
            #expect(harness.mailbox.messages.map(\.to.address) == ["ada@example.org"])
            #expect(try await harness.store().mailBacklog() == 0)
        }
    }

    @Test("an account gets at most one link in five minutes, and the first one stays valid")
    func resetLinksAreRateLimited() async throws {
        try await run { harness, client, sender in
            try await client.register()
            for _ in 0..<3 {
                try await client.post("/password/forgot", ["email": "ada@example.org"])
                try await sender.sendDue()
            }
            #expect(harness.mailbox.messages.count == 1)
            harness.clock.advance(by: .seconds(301))
            try await client.post("/password/forgot", ["email": "ada@example.org"])
            try await sender.sendDue()
            #expect(harness.mailbox.messages.count == 2)
            let tokens = harness.mailbox.messages.map(\.token)
            #expect(try await reset(client, tokens[0]).code == "reset_invalid")
            #expect(try await reset(client, tokens[1]).status == .noContent)
        }
    }

    @Test("a reset link is valid for an hour")
    func resetLinkExpires() async throws {
        try await run { harness, client, sender in
            try await client.register()
            try await client.post("/password/forgot", ["email": "ada@example.org"])
            try await sender.sendDue()
            harness.clock.advance(by: .seconds(3601))
            #expect(try await reset(client, harness.mailbox.messages.first?.token).code == "reset_invalid")
        }
    }

    @Test("a disabled account gets no reset link")
    func disabledAccountGetsNoLink() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            let entry = AuditEntry(
                id: UUIDv7.make(), organisation: TenantID(ada.tenant), at: harness.clock.now(), actor: "", actorName: "operator",
                action: .userDisabled, address: "", requestID: "")
            _ = try await harness.store().setDisabled(true, UserID(ada.id), audit: entry, at: harness.clock.now())
            try await client.post("/password/forgot", ["email": "ada@example.org"])
            #expect(try await sender.sendDue() == 1)
            #expect(harness.mailbox.messages.isEmpty)
        }
    }

    @Test("requests for mail are refused if no server is configured")
    func mailRoutesAreOffWithoutServer() async throws {
        try await AuthHarness().run { client in
            #expect(try await client.post("/password/forgot", ["email": "ada@example.org"]).code == "mail_off")
            #expect(try await client.get("/register").object()["sends_mail"] as? Bool == false)
            let ada = try await client.person("ada@example.org")
            #expect(try await client.send(.post, "/email/verification", as: ada.token).code == "mail_off")
        }
    }

    @Test("an address that requests too many messages is throttled")
    func requestsForMailAreThrottled() async throws {
        let harness = try AuthHarness()
        var mail = AuthSettings()
        try Self.settings(&mail)
        let settings = mail
        try await harness.runLive(with: { $0.mail = settings.mail }) { client in
            let asker = client.forwarding("192.0.2.7")
            for _ in 0..<Accounts.mailsPerHour {
                #expect(try await asker.post("/password/forgot", ["email": "ada@example.org"]).status == .accepted)
            }
            let refused = try await asker.post("/password/forgot", ["email": "ada@example.org"])
            #expect(refused.code == "mail_throttled" && refused.headers[.retryAfter] != nil)
            #expect(try await client.forwarding("192.0.2.8").post("/password/forgot", ["email": "ada@example.org"]).status == .accepted)
        }
    }

    // MARK: Invitations

    private func invite(_ client: AuthClient, _ person: Person, _ email: String?) async throws -> TestResponse {
        var body: [String: any Sendable] = ["role": "member"]
        body["email"] = email
        return try await client.send(.post, "/organisations/\(person.tenant)/invitations", as: person.token, body)
    }

    @Test("an invitation with an address is mailed, with the link of the response")
    func invitationIsMailed() async throws {
        try await run { harness, client, sender in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let response = try await invite(client, ada, "bob@example.org").object()
            #expect(response["mailed"] as? Bool == true)
            try await sender.sendDue()
            let message = try #require(harness.mailbox.messages.first)
            #expect(message.to.address == "bob@example.org" && message.token == response["token"] as? String)
            #expect(message.text.contains("ada@example.org") && message.html?.contains("ada@example.org") == true)
            let accepted = try await client.send(.post, "/invitations/accept", as: bob.token, ["token": message.token ?? ""])
            #expect(accepted.status == .ok)
            let link = try await invite(client, ada, nil).object()
            #expect(link["mailed"] as? Bool == false)
            #expect(try await sender.sendDue() == 0)
        }
    }

    @Test("a renewed invitation is mailed again; one that was renewed or revoked in the meantime is not sent")
    func renewedInvitationIsMailedAgain() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            let made = try await invite(client, ada, "bob@example.org").object()
            let path = "/organisations/\(ada.tenant)/invitations/\(try #require(made["id"] as? String))"
            harness.clock.advance(by: IdentityStore.resetPause)
            let renewed = try await client.send(.post, "\(path)/renew", as: ada.token).object()
            #expect(try await sender.sendDue() == 2)
            #expect(harness.mailbox.messages.map(\.token) == [renewed["token"] as? String])
            harness.clock.advance(by: IdentityStore.resetPause)
            _ = try await client.send(.post, "\(path)/renew", as: ada.token)
            #expect(try await client.send(.delete, path, as: ada.token).status == .noContent)
            #expect(try await sender.sendDue() == 1)
            #expect(harness.mailbox.messages.count == 1)
            #expect(harness.registry[#"auth_mails_total{kind="invitation",outcome="obsolete"}"#] == 2)
        }
    }

    @Test("an address gets one invitation in 5 minutes, whoever invites it, and links without mail are not limited")
    func invitationsPerRecipientAreThrottled() async throws {
        try await run { harness, client, sender in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            let made = try await invite(client, ada, "eve@example.org")
            #expect(made.status == .created)
            let path = "/organisations/\(ada.tenant)/invitations/\(try #require(try made.object()["id"] as? String))"
            let refusals = [
                try await invite(client, ada, "Eve@example.org "), try await invite(client, bob, "eve@example.org"),
                try await client.send(.post, path + "/renew", as: ada.token),
            ]
            for refused in refusals {
                #expect(refused.status == .tooManyRequests && refused.code == "recipient_throttled")
                #expect(refused.headers[.retryAfter] == "300")
            }
            // Revoking the invitation does not allow another message either.
            #expect(try await client.send(.delete, path, as: ada.token).status == .noContent)
            #expect(try await invite(client, ada, "eve@example.org").code == "recipient_throttled")
            #expect(try await invite(client, ada, "kim@example.org").status == .created)
            for _ in 0..<2 { #expect(try await invite(client, ada, nil).status == .created) }
            harness.clock.advance(by: IdentityStore.resetPause)
            #expect(try await invite(client, bob, "eve@example.org").status == .created)
        }
    }

    @Test("an address that sends too many invitations is throttled together with its other requests for mail")
    func invitationsPerAddressAreThrottled() async throws {
        let harness = try AuthHarness()
        var mail = AuthSettings()
        try Self.settings(&mail)
        let settings = mail
        try await harness.runLive(with: { $0.mail = settings.mail }) { client in
            let ada = try await client.person("ada@example.org")
            let asker = client.forwarding("192.0.2.7")
            for number in 1..<Accounts.mailsPerHour {
                #expect(try await invite(asker, ada, "p\(number)@example.org").status == .created)
            }
            #expect(try await asker.post("/password/forgot", ["email": "ada@example.org"]).status == .accepted)
            let refused = try await invite(asker, ada, "eve@example.org")
            #expect(refused.code == "mail_throttled" && refused.headers[.retryAfter] != nil)
            // A refused request does not count for the recipient.
            #expect(try await invite(client.forwarding("192.0.2.8"), ada, "eve@example.org").status == .created)
            #expect(try await invite(asker, ada, nil).status == .created)
        }
    }

    @Test("user-chosen names are escaped in the HTML")
    func namesAreEscapedInHTML() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            let name = #"<img src="//evil.example"> & Söhne"#
            let made = try await client.send(.post, "/organisations", as: ada.token, ["name": name])
            let id = try #require(try made.object()["id"] as? String)
            let body: [String: any Sendable] = ["role": "member", "email": "bob@example.org"]
            _ = try await client.send(.post, "/organisations/\(id)/invitations", as: ada.token, body)
            try await sender.sendDue()
            let message = try #require(harness.mailbox.messages.first)
            #expect(message.text.contains(name) && message.subject.contains(name))
            let html = try #require(message.html)
            #expect(!html.contains("<img") && html.contains("&lt;img"))
            // No external resources are loaded.
            #expect(!html.contains("src=\"") && !html.contains("url(") && !html.contains("<link") && !html.contains("<script"))
        }
    }

    // MARK: Confirmed addresses

    @Test("a new account is asked to confirm its address, and the link works once")
    func newAccountConfirmsAddress() async throws {
        try await run(verifying: true) { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            try await sender.sendDue()
            let token = try #require(harness.mailbox.messages.first?.token)
            #expect(try await client.send(.get, "/me", as: ada.token).object()["email_verified"] as? Bool == false)
            #expect(try await client.post("/email/verify", ["token": token]).status == .noContent)
            #expect(try await client.post("/email/verify", ["token": token]).code == "verification_invalid")
            #expect(try await client.send(.get, "/me", as: ada.token).object()["email_verified"] as? Bool == true)
            #expect(try await client.send(.post, "/email/verification", as: ada.token).code == "email_verified")
        }
    }

    @Test("a user can request a confirmation link, which is valid for a day and for nothing else")
    func verificationCanBeRequested() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            #expect(try await sender.sendDue() == 0)
            #expect(try await client.send(.post, "/email/verification", as: ada.token).status == .accepted)
            try await sender.sendDue()
            let token = try #require(harness.mailbox.messages.first?.token)
            #expect(try await reset(client, token).code == "reset_invalid")
            harness.clock.advance(by: .seconds(86_401))
            #expect(try await client.post("/email/verify", ["token": token]).code == "verification_invalid")
        }
    }
}
