import Conformance
import Foundation
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

/// Mail about tasks, through the routes that api calls.
@Suite("Mail about tasks")
struct TaskMailTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    private func run(
        mails: Bool = true, _ test: @Sendable (AuthHarness, AuthClient, AuthService) async throws -> Void
    ) async throws {
        let harness = try AuthHarness()
        var mail = AuthSettings()
        if mails { try MailTests.settings(&mail) }
        let settings = mail
        let service = try await harness.service {
            $0.mail = settings.mail
            $0.serviceSecret = ServiceSecret(Self.secret)
        }
        try await AuthHarness.run(service) { try await test(harness, $0, service) }
    }

    private func choose(_ choice: String, _ person: Person, _ client: AuthClient) async throws -> TestResponse {
        let body: [String: any Sendable] = ["webhook_disabled": true, "quota_warning": true, "tasks": choice]
        return try await client.send(.put, "/notification-settings", as: person.token, body)
    }

    private func claim(_ client: AuthClient) async throws -> [DigestRequest] {
        let response = try await client.send(.post, "/task-digests/claim", as: Self.secret)
        return try JSONDecoder().decode(DigestRequests.self, from: Data(response.body.readableBytesView)).digests
    }

    private func post(_ body: some Encodable, to path: String, _ client: AuthClient) async throws -> HTTPResponse.Status {
        let json = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(body)) as? [String: any Sendable]
        return try await client.send(.post, path, as: Self.secret, json).status
    }

    static func failures(_ count: Int) throws -> [EndedTasks.Failure] {
        try (0..<count).map { number in
            let json = """
                {"task": "019bbf2c-0000-7000-8000-00000000000\(number)", "name": "<b>Füße</b> \(number).jpg", "code": "not_an_image",
                "message": "The file is not an image that PixelFlow can read."}
                """
            return try JSONDecoder().decode(EndedTasks.Failure.self, from: Data(json.utf8))
        }
    }

    @Test("a choice can be read, changed and kept; invalid ones are refused")
    func choiceIsReadAndChanged() async throws {
        try await run { harness, client, _ in
            let ada = try await client.person("ada@example.org")
            func chosen() async throws -> String? {
                try await client.send(.get, "/notification-settings", as: ada.token).object()["tasks"] as? String
            }
            #expect(try await chosen() == "never")
            for choice in ["failures", "hourly", "daily", "batches", "never", "hourly"] {
                #expect(try await choose(choice, ada, client).object()["tasks"] as? String == choice)
            }
            // As clients of older releases send it.
            let before: [String: any Sendable] = ["webhook_disabled": true, "quota_warning": false]
            #expect(try await client.send(.put, "/notification-settings", as: ada.token, before).object()["tasks"] as? String == "hourly")
            for choice in ["weekly", ""] { #expect(try await choose(choice, ada, client).code == "invalid_value") }
            #expect(try await chosen() == "hourly")
        }
    }

    @Test("a thousand tasks make one digest with numbers, the first failures and links; one click unsubscribes")
    func digestSummarisesTasks() async throws {
        try await run { harness, client, service in
            let sender = try #require(service.mailSender)
            let ada = try await client.person("ada@example.org")
            _ = try await choose("hourly", ada, client)
            #expect(try await claim(client).isEmpty)
            harness.clock.advance(by: .seconds(3_720))
            let request = try #require(try await claim(client).first)
            #expect(request.person.rawValue == ada.id && request.organisation.rawValue == ada.tenant && request.owners == [request.person])
            let ended = EndedTasks(completed: 1000, failed: 7, cancelled: 1, failures: try Self.failures(5))
            for _ in 0..<3 {
                let status = try await post(TaskDigestDelivery([TaskDigest(request, ended)]), to: "/task-digests", client)
                #expect(status == .noContent)
            }
            try await sender.sendDue()
            let message = try #require(harness.mailbox.messages.first)
            #expect(harness.mailbox.messages.count == 1 && message.to.address == "ada@example.org")
            #expect(message.subject == "Your tasks in ada@example.org: 1000 completed, 7 failed, 1 cancelled")
            for words in [
                "Completed: 1000\nFailed: 7\nCancelled: 1",
                "<b>Füße</b> 0.jpg\nThe file is not an image that PixelFlow can read. (not_an_image)",
                "https://images.example.org/pf/tasks/019bbf2c-0000-7000-8000-000000000004", "2 more tasks have failed.",
                "https://images.example.org/pf/?status=FAILED", "between 2026-01-01 00:00 and 2026-01-01 01:00 UTC",
            ] { #expect(message.text.contains(words), "\(words)\n\(message.text)") }
            let html = try #require(message.html)
            #expect(html.contains("&lt;b&gt;Füße&lt;/b&gt; 0.jpg") && !html.contains("<b>") && !html.contains("src="))
            #expect(harness.registry[#"auth_task_digests_total{outcome="queued"}"#] == 1)
            #expect(harness.registry[#"auth_task_digests_total{outcome="superseded"}"#] == 2)
            let link = try #require(message.fields.first { $0.name == "List-Unsubscribe" }?.value)
            #expect(message.fields.contains { $0.name == "List-Unsubscribe-Post" })
            let path = link.dropFirst("<https://images.example.org/pf/auth".count).dropLast()
            #expect(try await client.send(.post, String(path), as: nil).status == .ok)
            let settings = try await client.send(.get, "/notification-settings", as: ada.token).object()
            #expect(settings["tasks"] as? String == "never" && settings["quota_warning"] as? Bool == true)
            harness.clock.advance(by: .seconds(7_200))
            #expect(try await claim(client).isEmpty)
        }
    }

    @Test("the choice of failures sends mail about failures only, at most once in 15 minutes")
    func failuresAreMailedAtMostEvery15Minutes() async throws {
        try await run { harness, client, service in
            let sender = try #require(service.mailSender)
            let ada = try await client.person("ada@example.org")
            _ = try await choose("failures", ada, client)
            var claimed = 0
            for round in 0..<12 {
                harness.clock.advance(by: .seconds(300))
                for request in try await claim(client) {
                    claimed += 1
                    let ended =
                        claimed == 1
                        ? EndedTasks(completed: 5) : EndedTasks(completed: 5, failed: 1, failures: try Self.failures(1))
                    _ = try await post(TaskDigestDelivery([TaskDigest(request, ended)]), to: "/task-digests", client)
                }
                try await sender.sendDue()
                #expect(harness.mailbox.messages.count <= max(0, round / 3), "after \(round) rounds")
            }
            #expect(claimed == 3 && harness.mailbox.messages.count == 2)
            #expect(harness.mailbox.messages.first?.subject == "1 task has failed in ada@example.org")
        }
    }

    @Test("without a mail server, no digests are due and reports are ignored")
    func noDigestsAreDueWithoutServer() async throws {
        try await run(mails: false) { harness, client, _ in
            let ada = try await client.person("ada@example.org")
            _ = try await choose("hourly", ada, client)
            harness.clock.advance(by: .seconds(7_200))
            #expect(try await claim(client).isEmpty)
            let request = DigestRequest(
                organisation: TenantID(ada.tenant), person: UserID(ada.id), owners: [], from: harness.clock.now(),
                until: harness.clock.now())
            #expect(
                try await post(TaskDigestDelivery([TaskDigest(request, EndedTasks(failed: 1))]), to: "/task-digests", client) == .noContent)
            #expect(try await harness.store().mailBacklog() == 0)
        }
    }

    @Test("the routes are for services only and refuse too many entries")
    func routesRequireServiceSecretAndLimits() async throws {
        try await run { harness, client, _ in
            let ada = try await client.person("ada@example.org")
            for path in ["/task-digests/claim", "/task-digests", "/ended-batches"] {
                #expect(try await client.send(.post, path, as: ada.token, [:]).status == .unauthorized)
            }
            let request = DigestRequest(
                organisation: TenantID("t"), person: UserID("u"), owners: [], from: harness.clock.now(), until: harness.clock.now())
            let many = TaskDigestDelivery(Array(repeating: TaskDigest(request, EndedTasks()), count: DigestRequest.limit + 1))
            #expect(try await post(many, to: "/task-digests", client) == .unprocessableContent)
        }
    }

    @Test("with a real server, a digest queued before a restart and a batch reported twice arrive once")
    func digestAndBatchArriveOnceOverSMTP() async throws {
        try await MailServer.with { server in
            let harness = try AuthHarness()
            let mail = MailSettings(
                server: try SMTPEndpoint(url: server.url()), sender: try MailAddress("noreply@example.org", name: "PixelFlow"),
                page: "https://images.example.org")
            func service() async throws -> AuthService {
                try await harness.service {
                    $0.mail = mail
                    $0.serviceSecret = ServiceSecret(Self.secret)
                }
            }
            try await AuthHarness.run(try await service()) { client in
                let ada = try await client.person("ada@example.org")
                _ = try await choose("daily", ada, client)
                harness.clock.advance(by: .seconds(86_400))
                let request = try #require(try await claim(client).first)
                let ended = EndedTasks(completed: 3, failed: 1, failures: try Self.failures(1))
                #expect(try await post(TaskDigestDelivery([TaskDigest(request, ended)]), to: "/task-digests", client) == .noContent)
            }
            let again = try await service()
            let ada = try #require(try await harness.store().user(email: "ada@example.org"))
            try await harness.store().setMuted([:], tasks: .batches, of: ada.id, in: ada.tenant, at: harness.clock.now())
            let part = try #require(again.mailSender)
            let sender = MailSender(
                store: part.store, outbox: part.outbox, transport: try mail.client(), composer: part.composer, metrics: part.metrics,
                clock: harness.clock, logger: part.logger)
            try await AuthHarness.run(again) { client in
                let batch = EndedBatch(
                    id: "019bbf2c-0000-7000-8000-0000000000ff", organisation: ada.tenant, owner: ada.id,
                    description: "Autumn catalogue", ended: EndedTasks(completed: 998, failed: 2, failures: try Self.failures(2)))
                for _ in 0..<2 { #expect(try await post(EndedBatchDelivery([batch]), to: "/ended-batches", client) == .noContent) }
                #expect(try await sender.sendDue() == 2)
                #expect(try await sender.sendDue() == 0)
            }
            let mails = try server.mails()
            #expect(mails.allSatisfy { $0.defects.isEmpty && $0.to == ["ada@example.org"] })
            #expect(mails.allSatisfy { $0.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click" })
            let subjects = Set(mails.compactMap { $0.headers["Subject"] })
            #expect(mails.count == 2)
            #expect(
                subjects == [
                    "Your tasks in ada@example.org: 3 completed, 1 failed",
                    "The batch “Autumn catalogue” in ada@example.org is done: 998 completed, 2 failed",
                ])
        }
    }
}
