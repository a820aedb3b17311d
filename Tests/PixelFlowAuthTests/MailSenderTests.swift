import Conformance
import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import SMTP
import TestSupport
import Testing

@testable import PixelFlowAuth

@Suite("Mail sender")
struct MailSenderTests {
    private func run(_ test: @Sendable (AuthHarness, AuthClient, MailSender) async throws -> Void) async throws {
        let harness = try AuthHarness()
        var mail = AuthSettings()
        try MailTests.settings(&mail)
        let settings = mail
        let service = try await harness.service { $0.mail = settings.mail }
        let sender = try #require(service.mailSender)
        try await AuthHarness.run(service) { client in
            try await client.register()
            let queue = try await client.post("/password/forgot", ["email": "ada@example.org"])
            #expect(queue.status == .accepted)
            try await test(harness, client, sender)
        }
    }

    @Test("a message is retried with growing delays while the server is down, and is sent once, with its original id")
    func retriesWithBackoffUntilServerIsBack() async throws {
        try await run { harness, _, sender in
            harness.mailbox.fail(with: SMTPError(.connection, "gone"))
            var attempts = 0
            for seconds in [0, 7, 361, 1] {
                harness.clock.advance(by: .seconds(seconds))
                attempts += try await sender.sendDue()
            }
            #expect(attempts == 3)
            harness.mailbox.fail(with: nil)
            harness.clock.advance(by: .seconds(2_161))
            #expect(try await sender.sendDue() == 1)
            harness.clock.advance(by: .seconds(86_400))
            #expect(try await sender.sendDue() == 0)
            #expect(harness.mailbox.messages.count == 1)
            #expect(harness.registry[#"auth_mails_total{kind="password_reset",outcome="postponed"}"#] == 3)
            #expect(harness.registry[#"auth_mails_total{kind="password_reset",outcome="sent"}"#] == 1)
        }
    }

    @Test("a message is not sent after its link has expired")
    func expiredMessageIsNotSent() async throws {
        try await run { harness, _, sender in
            harness.mailbox.fail(with: SMTPError(.server, "busy"))
            for seconds in [0, 7, 361, 3_600] {
                harness.clock.advance(by: .seconds(seconds))
                try await sender.sendDue()
            }
            #expect(try await harness.store().mailBacklog() == 0)
            #expect(harness.registry[#"auth_mails_total{kind="password_reset",outcome="expired"}"#] == 1)
        }
    }

    @Test("a permanent refusal ends a message and is counted", arguments: [SMTPError.Kind.refused, .message])
    func permanentRefusalEndsMessage(kind: SMTPError.Kind) async throws {
        try await run { harness, _, sender in
            harness.mailbox.fail(with: SMTPError(kind, "no such mailbox"))
            try await sender.sendDue()
            #expect(try await harness.store().mailBacklog() == 0)
            #expect(harness.registry[#"auth_mails_total{kind="password_reset",outcome="refused"}"#] == 1)
        }
    }

    /// Such names and addresses were accepted by older releases.
    @Test("a line break in a name is removed from the message")
    func lineBreaksInNamesAreRemoved() async throws {
        try await run { harness, client, sender in
            try await sender.sendDue()
            let store = try harness.store()
            let bob = try await client.person("bob@example.org")
            let organisation = Organisation(id: TenantID("works"), name: "X\u{2028}Y\u{85}Z", createdAt: harness.clock.now())
            let audit = AuditEntry(
                id: UUIDv7.make(), organisation: organisation.id, at: harness.clock.now(), actor: "", actorName: "",
                action: .organisationCreated)
            try await store.create(organisation, owner: UserID(bob.id), audit: audit)
            let body: [String: any Sendable] = ["role": "member", "email": "eve@example.org"]
            #expect(try await client.send(.post, "/organisations/works/invitations", as: bob.token, body).status == .created)
            #expect(try await sender.sendDue() == 1)
            #expect(try await store.mailBacklog() == 0)
            let message = try #require(harness.mailbox.messages.last)
            #expect(message.subject == "You are invited to X Y Z on PixelFlow")
            #expect(message.text.contains("“X Y Z”") && message.html?.contains("“X Y Z”") == true)
        }
    }

    @Test("a message that cannot be composed ends and is counted as refused")
    func messageThatCannotBeComposedIsEnded() async throws {
        try await run { harness, _, sender in
            try await sender.sendDue()
            let store = try harness.store()
            let now = harness.clock.now()
            let user = User(
                id: UserID("u"), email: "no address", passwordHash: "$2b$04$abcdefghijklmnopqrstuv", tenant: TenantID("t"), createdAt: now)
            let mail = try await sender.outbox.prepare(.verification, to: user.email, at: now, for: .seconds(86_400))
            let audit = AuditEntry(
                id: UUIDv7.make(), organisation: user.tenant, at: now, actor: "", actorName: "", action: .userRegistered)
            let verification = IdentityStore.Verification(hash: mail.secret.hash, mail: mail.mail)
            #expect(try await store.register(user, audit: audit, verification: verification))
            #expect(try await sender.sendDue() == 1)
            #expect(try await store.mailBacklog() == 0)
            #expect(harness.registry[#"auth_mails_total{kind="verification",outcome="refused"}"#] == 1)
            #expect(harness.mailbox.messages.count == 1)
        }
    }

    @Test("a message whose delivery is uncertain is sent again with the same id, text and link")
    func doubtfulMessageIsRepeatedUnchanged() async throws {
        try await run { harness, client, sender in
            harness.mailbox.fail(with: SMTPError(.doubt, "lost after the dot"))
            try await sender.sendDue()
            harness.mailbox.fail(with: nil)
            harness.clock.advance(by: .seconds(7))
            try await sender.sendDue()
            let messages = harness.mailbox.messages
            #expect(messages.count == 2)
            let (first, second) = (try #require(messages.first), try #require(messages.last))
            #expect(first.messageID == second.messageID && first == second)
            #expect(harness.registry["auth_mail_possible_duplicates_total"] == 1)
            let response = try await client.post("/password/reset", ["token": first.token ?? "", "new_password": "battery staple"])
            #expect(response.status == .noContent)
        }
    }

    @Test("a link that was used before its message was sent again stays invalid")
    func usedLinkStaysInvalid() async throws {
        try await run { harness, client, sender in
            harness.mailbox.fail(with: SMTPError(.doubt, "lost after the dot"))
            try await sender.sendDue()
            let token = harness.mailbox.messages.first?.token ?? ""
            #expect(try await client.post("/password/reset", ["token": token, "new_password": "battery staple"]).status == .noContent)
            harness.clock.advance(by: .seconds(7))
            #expect(try await sender.sendDue() == 1)
            #expect(harness.mailbox.messages.count == 1)
            #expect(try await client.post("/password/reset", ["token": token, "new_password": "once more again"]).code == "reset_invalid")
        }
    }

    @Test("the outbox contains no secrets")
    func outboxContainsNoSecrets() async throws {
        try await run { harness, client, sender in
            let waiting = try await harness.store().claimMail(at: harness.clock.now(), lease: .zero, limit: 10)
            try await sender.sendDue()
            let token = try #require(harness.mailbox.messages.first?.token)
            #expect(waiting.count == 1 && !waiting.contains { "\($0)".contains(token) })
        }
    }

    @Test("with a real server that is down for a while, every message arrives exactly once")
    func sendsOverSMTP() async throws {
        try await MailServer.with { server in
            let harness = try AuthHarness()
            let mail = MailSettings(
                server: try SMTPEndpoint(url: server.url()), sender: try MailAddress("noreply@example.org", name: "PixelFlow"),
                page: "https://images.example.org")
            let service = try await harness.service { $0.mail = mail }
            let part = try #require(service.mailSender)
            let sender = MailSender(
                store: part.store, outbox: part.outbox, transport: try mail.client(), composer: part.composer, metrics: part.metrics,
                clock: harness.clock, logger: part.logger)
            try server.stop()
            try await AuthHarness.run(service) { client in
                let ada = try await client.person("ada@example.org")
                for name in ["bob", "nobody", "eve"] {
                    let body: [String: any Sendable] = ["role": "member", "email": "\(name)@example.org"]
                    _ = try await client.send(.post, "/organisations/\(ada.tenant)/invitations", as: ada.token, body)
                }
                #expect(try await sender.sendDue() == 3)
                #expect(try await harness.store().mailBacklog() == 3)
            }
            try await server.start()
            harness.clock.advance(by: .seconds(7))
            #expect(try await sender.sendDue() == 3)
            let mails = try server.mails()
            #expect(Set(mails.flatMap(\.to)) == ["bob@example.org", "eve@example.org"] && mails.count == 2)
            #expect(mails.allSatisfy { $0.defects.isEmpty && $0.parts["text/html"]?.contains("Accept the invitation") == true })
            #expect(try await harness.store().mailBacklog() == 0)
        }
    }
}
