import Conformance
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import SMTP
import TestSupport
import Testing

@testable import PixelFlowAuth

/// Mail about events in an organisation.
@Suite("Notices by mail")
struct NoticeTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    private func run(_ test: @Sendable (AuthHarness, AuthClient, MailSender) async throws -> Void) async throws {
        let harness = try AuthHarness()
        var mail = AuthSettings()
        try MailTests.settings(&mail)
        let settings = mail
        let service = try await harness.service {
            $0.mail = settings.mail
            $0.serviceSecret = ServiceSecret(Self.secret)
        }
        let sender = try #require(service.mailSender)
        try await AuthHarness.run(service) { try await test(harness, $0, sender) }
    }

    private func tell(
        _ client: AuthClient, _ action: String, of organisation: String, target: String = "hook-1",
        detail: String = "hooks.example.com: it responded with 410 Gone", quota: [String: any Sendable]? = nil, id: String = UUIDv7.make()
    ) async throws {
        var entry: [String: any Sendable] = [
            "id": id, "organisation": organisation, "at": "2026-01-01T00:00:00Z", "actor": "", "actor_name": "pixelflow", "action": action,
            "target": target, "detail": detail, "address": "", "request_id": "",
        ]
        entry["quota"] = quota
        #expect(try await client.send(.post, "/audit-entries", as: Self.secret, ["entries": [entry]]).status == .noContent)
    }

    private func stop(_ message: MailMessage) throws -> String {
        let value = try #require(message.fields.first { $0.name == "List-Unsubscribe" }?.value)
        #expect(message.fields.contains { $0.name == "List-Unsubscribe-Post" && $0.value == "List-Unsubscribe=One-Click" })
        let page = "<https://images.example.org/pf/auth"
        #expect(value.hasPrefix(page + "/unsubscribe?token=") && value.hasSuffix(">"))
        return String(value.dropFirst(page.count).dropLast())
    }

    @Test("an owner gets one notice about a disabled webhook, with its URL, the reason and a link")
    func ownerGetsOneNoticeOfDisabledWebhook() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            let id = UUIDv7.make()
            for _ in 0..<2 { try await tell(client, "webhook.disabled", of: ada.tenant, id: id) }
            try await sender.sendDue()
            let message = try #require(harness.mailbox.messages.first)
            #expect(harness.mailbox.messages.count == 1 && message.to.address == "ada@example.org")
            #expect(message.subject == "A webhook of ada@example.org is disabled")
            #expect(message.text.contains("hooks.example.com: it responded with 410 Gone"))
            #expect(message.text.contains("https://images.example.org/pf/webhooks/hook-1"))
            let html = try #require(message.html)
            #expect(html.contains("hooks.example.com: it responded with 410 Gone") && !html.contains("src=") && !html.contains("url("))
            #expect(harness.registry[#"auth_mails_total{kind="webhook_disabled",outcome="sent"}"#] == 1)
            #expect(message.html?.contains("/auth/unsubscribe?token=webhook_disabled.") == true)
        }
    }

    @Test("names and third-party texts are escaped in the HTML and cannot add header lines")
    func foreignTextIsEscaped() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            try await tell(client, "quota.warning", of: ada.tenant, detail: "80 % of <script>alert(1)</script>; outcome unknown")
            try await sender.sendDue()
            let message = try #require(harness.mailbox.messages.first)
            #expect(message.html?.contains("<script>") == false && message.html?.contains("&lt;script&gt;") == true)
            #expect(message.subject == "A quota of ada@example.org is filling up" && !message.text.contains("outcome unknown"))
        }
    }

    @Test("the notice about a full quota differs from that about a quota that fills up")
    func noticeDistinguishesFullQuota() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            func quota(_ name: String, _ threshold: Int, _ used: Int, _ limit: Int) -> [String: any Sendable] {
                ["quota": name, "threshold": threshold, "used": used, "limit": limit, "month": 1_767_225_600_000_000]
            }
            let warnings = [
                ("q_80", quota("tasks_per_month", 80, 4, 5)), ("q_80", quota("tasks_per_month", 80, 4, 5)),
                ("q_100", quota("tasks_per_month", 100, 5, 5)), ("b_80", quota("bytes_stored", 80, 1_234_567_890, 1_500_000_000)),
            ]
            for (target, quota) in warnings {
                // The text of the entry is not parsed.
                try await tell(client, "quota.warning", of: ada.tenant, target: target, detail: "100 % of words", quota: quota)
            }
            try await sender.sendDue()
            let messages = harness.mailbox.messages
            #expect(Set(messages.map(\.subject)) == ["A quota of ada@example.org is filling up", "A quota of ada@example.org is used up"])
            #expect(messages.count == 3)
            for words in ["has used 4 of its 5 tasks of this month.", "5 of its 5 tasks", "1.2 GB of the 1.5 GB that it may store."] {
                #expect(messages.filter { $0.text.contains(words) }.count == 1, "\(words)")
            }
        }
    }

    @Test("one click without a sign-in ends the messages of one kind; opening the link does not")
    func oneClickUnsubscribes() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            try await tell(client, "webhook.disabled", of: ada.tenant)
            try await sender.sendDue()
            let path = try stop(try #require(harness.mailbox.messages.first))
            let page = try await client.get(path)
            #expect(page.status == .ok && page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
            #expect(String(buffer: page.body).contains("<form method=\"post\">"))
            #expect(page.headers[HTTPField.Name("referrer-policy")!] == "same-origin")
            #expect(try await client.send(.get, "/notification-settings", as: ada.token).object()["webhook_disabled"] as? Bool == true)
            for _ in 0..<2 {
                let response = try await client.client.execute(
                    uri: path, method: .post, headers: [.contentType: "application/x-www-form-urlencoded"],
                    body: ByteBuffer(string: "List-Unsubscribe=One-Click"))
                #expect(response.status == .ok)
            }
            let settings = try await client.send(.get, "/notification-settings", as: ada.token).object()
            #expect(settings["webhook_disabled"] as? Bool == false && settings["quota_warning"] as? Bool == true)
            try await tell(client, "webhook.disabled", of: ada.tenant)
            try await tell(client, "quota.warning", of: ada.tenant, target: "q_80")
            try await sender.sendDue()
            #expect(harness.mailbox.messages.map(\.subject).filter { $0.contains("webhook") }.count == 1)
            #expect(harness.mailbox.messages.count == 2)
        }
    }

    @Test("an unsubscribe link that is forged or altered changes nothing")
    func forgedUnsubscribeLinkIsRefused() async throws {
        try await run { harness, client, sender in
            let (ada, bob) = (try await client.person("ada@example.org"), try await client.person("bob@example.org"))
            try await tell(client, "webhook.disabled", of: ada.tenant)
            try await sender.sendDue()
            let path = try stop(try #require(harness.mailbox.messages.first))
            let forged = [
                path.replacing(ada.id, with: bob.id).replacing(ada.tenant, with: bob.tenant),
                path.replacing("webhook_disabled", with: "quota_warning"), path.replacing("webhook_disabled", with: "password_reset"),
                String(path.dropLast(64)), "/unsubscribe", "/unsubscribe?token=", "/unsubscribe?token=...",
            ]
            for path in forged {
                for method in [HTTPRequest.Method.get, .post] {
                    #expect(try await client.send(method, path, as: nil).code == "unsubscribe_invalid", "\(path)")
                }
            }
            for person in [ada, bob] {
                let settings = try await client.send(.get, "/notification-settings", as: person.token).object()
                #expect(settings["webhook_disabled"] as? Bool == true && settings["quota_warning"] as? Bool == true)
            }
        }
    }

    @Test("a user can turn notices off and on; invalid choices are refused")
    func noticesCanBeTurnedOffAndOn() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            func put(_ body: [String: any Sendable]) async throws -> TestResponse {
                try await client.send(.put, "/notification-settings", as: ada.token, body)
            }
            #expect(try await put(["webhook_disabled": false, "quota_warning": false]).object()["quota_warning"] as? Bool == false)
            try await tell(client, "webhook.disabled", of: ada.tenant)
            #expect(try await harness.store().mailBacklog() == 0)
            #expect(try await put(["webhook_disabled": true, "quota_warning": false]).object()["webhook_disabled"] as? Bool == true)
            try await tell(client, "webhook.disabled", of: ada.tenant)
            #expect(try await harness.store().mailBacklog() == 1)
            #expect(try await put(["webhook_disabled": true]).code == "missing_value")
            #expect(try await client.send(.get, "/notification-settings", as: nil).status == .unauthorized)
            // Turned off after the notice was queued.
            _ = try await put(["webhook_disabled": false, "quota_warning": false])
            try await sender.sendDue()
            #expect(harness.mailbox.messages.isEmpty)
            #expect(harness.registry[#"auth_mails_total{kind="webhook_disabled",outcome="obsolete"}"#] == 1)
        }
    }

    @Test("a mailbox that bounces gets no notices until it has accepted another message")
    func bouncingMailboxGetsNoNotices() async throws {
        try await run { harness, client, sender in
            let ada = try await client.person("ada@example.org")
            try await tell(client, "webhook.disabled", of: ada.tenant)
            harness.mailbox.fail(with: SMTPError(.refused, "no such mailbox", isOfRecipient: true))
            try await sender.sendDue()
            harness.mailbox.fail(with: nil)
            try await tell(client, "webhook.disabled", of: ada.tenant)
            #expect(try await harness.store().mailBacklog() == 0)
            #expect(try await client.send(.get, "/notification-settings", as: ada.token).object()["mail_refused_at"] is String)
            try await client.post("/password/forgot", ["email": "ada@example.org"])
            try await sender.sendDue()
            #expect(harness.mailbox.messages.map(\.subject) == ["Set a new password for PixelFlow"])
            try await tell(client, "webhook.disabled", of: ada.tenant)
            #expect(try await harness.store().mailBacklog() == 1)
        }
    }

    @Test("without a mail server, the entry is logged and no notice is queued")
    func entryIsLoggedWithoutServer() async throws {
        let harness = try AuthHarness()
        try await harness.run(with: { $0.serviceSecret = ServiceSecret(Self.secret) }) { client in
            let ada = try await client.person("ada@example.org")
            try await tell(client, "webhook.disabled", of: ada.tenant)
            #expect(try await harness.store().mailBacklog() == 0)
            let log = try await client.send(.get, "/audit?action=webhook.disabled", as: ada.token).object()["entries"] as? [Any]
            #expect(log?.count == 1)
        }
    }

    @Test("with a real server, the headers follow RFC 8058, and a bounce at RCPT is stored")
    func noticeOverSMTPHasHeadersOfRFC8058() async throws {
        try await MailServer.with { server in
            let harness = try AuthHarness()
            let mail = MailSettings(
                server: try SMTPEndpoint(url: server.url()), sender: try MailAddress("noreply@example.org", name: "PixelFlow"),
                page: "https://images.example.org")
            let service = try await harness.service {
                $0.mail = mail
                $0.serviceSecret = ServiceSecret(Self.secret)
            }
            let part = try #require(service.mailSender)
            let sender = MailSender(
                store: part.store, outbox: part.outbox, transport: try mail.client(), composer: part.composer, metrics: part.metrics,
                clock: harness.clock, logger: part.logger)
            try await AuthHarness.run(service) { client in
                let (ada, nobody) = (try await client.person("ada@example.org"), try await client.person("nobody@example.org"))
                for person in [ada, nobody] { try await tell(client, "webhook.disabled", of: person.tenant) }
                #expect(try await sender.sendDue() == 2)
                let settings = try await client.send(.get, "/notification-settings", as: nobody.token).object()
                #expect(settings["mail_refused_at"] is String)
                #expect(try await client.send(.get, "/notification-settings", as: ada.token).object()["mail_refused_at"] == nil)
            }
            let mails = try server.mails()
            let sent = try #require(mails.first)
            #expect(mails.count == 1 && sent.to == ["ada@example.org"] && sent.defects.isEmpty)
            #expect(sent.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click")
            #expect(sent.headers["List-Unsubscribe"]?.hasPrefix("<https://images.example.org/auth/unsubscribe?token=") == true)
            #expect(sent.parts["text/html"]?.contains("A webhook is disabled") == true)
        }
    }
}
