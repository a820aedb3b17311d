import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import PixelFlowAPI
import PixelFlowCore
import Testing

@Suite struct WebhookRouteTests {
    private static let json = #"{"url":"https://example.com/hook","events":["task.completed","task.failed"],"description":"shop"}"#

    private func add(_ client: APIClient, _ json: String = Self.json) async throws -> [String: Any] {
        let response = try await client.post(json: json, to: "/api/webhooks")
        #expect(response.status == .created, "\(response.text)")
        return try response.object()
    }

    private func patch(_ client: APIClient, _ id: String, _ json: String) async throws -> [String: Any] {
        let headers: HTTPFields = [.contentType: "application/json"]
        return try await client.send(.patch, "/api/webhooks/\(id)", headers: headers, body: ByteBuffer(string: json)).object()
    }

    @Test func aSecretIsShownOnCreationAndRotationOnly() async throws {
        try await APIHarness().run { ada, _ in
            let created = try await add(ada)
            let id = try #require(created["id"] as? String)
            let secret = try #require(created["secret"] as? String)
            #expect(secret.hasPrefix("whsec_"))
            #expect(created["events"] as? [String] == ["task.completed", "task.failed"])
            for path in ["/api/webhooks", "/api/webhooks/\(id)"] {
                let response = try await ada.get(path)
                #expect(response.status == .ok)
                #expect(response.text.contains(id) && !response.text.contains("whsec_"))
            }
            let rotated = try await ada.post(json: "", to: "/api/webhooks/\(id)/rotate").object()
            let other = try #require(rotated["secret"] as? String)
            #expect(other != secret && other.hasPrefix("whsec_"))
            #expect(rotated["previous_secret_until"] is String)
        }
    }

    /// Such a key would leave behind what is good everywhere and for good.
    @Test func aBoundedKeyAddsNoWebhook() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try #require(try await add(ada)["id"] as? String)
            var program = ada
            program.token = try await harness.key(
                as: ada.token, #"{"name":"ci","scopes":["webhooks:write"],"expires_at":"2100-01-01T00:00:00Z"}"#)
            let refusals = [
                try await program.post(json: Self.json, to: "/api/webhooks"),
                try await program.send(
                    .patch, "/api/webhooks/\(id)", headers: [.contentType: "application/json"],
                    body: ByteBuffer(string: #"{"url":"https://example.org/other"}"#)),
                try await program.post(json: "", to: "/api/webhooks/\(id)/rotate"),
            ]
            for refusal in refusals {
                #expect(refusal.status == .forbidden, "\(refusal.text)")
                #expect(refusal.code == "key_is_bounded")
            }
            #expect(try await program.get("/api/webhooks/\(id)").object()["url"] as? String == "https://example.com/hook")
            #expect(try await program.send(.delete, "/api/webhooks/\(id)").status == .noContent)
            program.token = try await harness.key(as: ada.token, #"{"name":"ci","scopes":["webhooks:write"]}"#)
            _ = try await add(program)
        }
    }

    @Test(arguments: [
        (#""priority":"low""#, false), (#""expires_at":"2100-01-01T00:00:00Z""#, true), (#""networks":["203.0.113.0/24"]"#, true),
    ])
    func networksAndAnExpiryBoundAKey(field: String, isBounded: Bool) async throws {
        let harness = try await APIHarness()
        let ada = try await harness.token("ada@example.org")
        let key = try await harness.key(as: ada, #"{"name":"ci","scopes":["webhooks:write"],\#(field)}"#)
        #expect(try await harness.principal(of: key).isBounded == isBounded)
    }

    @Test func anEndpointIsChangedAndDeleted() async throws {
        try await APIHarness().run { ada, bob in
            let id = try #require(try await add(ada)["id"] as? String)
            #expect(try await patch(ada, id, #"{"enabled":false,"events":["task.cancelled"]}"#)["enabled"] as? Bool == false)
            let now = try await ada.get("/api/webhooks/\(id)").object()
            #expect(now["events"] as? [String] == ["task.cancelled"])
            #expect(now["url"] as? String == "https://example.com/hook" && now["description"] as? String == "shop")
            #expect(try await bob.get("/api/webhooks/\(id)").status == .notFound)
            #expect(try await bob.send(.delete, "/api/webhooks/\(id)").status == .notFound)
            #expect(try await ada.send(.delete, "/api/webhooks/\(id)").status == .noContent)
            #expect(try await ada.send(.delete, "/api/webhooks/\(id)").status == .notFound)
        }
    }

    @Test(arguments: [
        (#"{"events":["task.failed"]}"#, "missing_value", "url"),
        (#"{"url":"https://example.com"}"#, "missing_value", "events"),
        (#"{"url":"ftp://example.com","events":["task.failed"]}"#, "invalid_value", "url"),
        (#"{"url":"https://user:pw@example.com","events":["task.failed"]}"#, "invalid_value", "url"),
        (#"{"url":"http://example.com:25","events":["task.failed"]}"#, "port_not_allowed", "url"),
        (#"{"url":"https://example.com","events":[]}"#, "invalid_value", "events"),
        (#"{"url":"https://example.com","events":["webhook.test"]}"#, "invalid_value", "events"),
        (#"{"url":"https://example.com","events":["task.failed"],"description":"two\nlines"}"#, "invalid_value", "description"),
        (#"{"url":"https://example.com","events":["task.failed"],"description":"two\u2028lines"}"#, "invalid_value", "description"),
        (#"{"url":"https://example.com","events":["task.lost"]}"#, "invalid_value", "events[0]"),
        (#"{"url":"https://example.com","events":["task.failed"],"enable":false}"#, "unknown_parameter", "enable"),
    ])
    func invalidEndpointsAreRefused(json: String, code: String, field: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(json: json, to: "/api/webhooks")
            #expect(response.status == .unprocessableContent)
            #expect(response.code == code)
            #expect(response.field == field)
        }
    }

    @Test func anOrganisationHasAtMostTwentyEndpoints() async throws {
        try await APIHarness().run { ada, bob in
            for _ in 0..<WebhookEndpoint.limit { _ = try await add(ada) }
            let response = try await ada.post(json: Self.json, to: "/api/webhooks")
            #expect(response.status == .conflict && response.code == "too_many_webhooks")
            _ = try await add(bob)
        }
    }

    @Test func aChangeWithATypingErrorIsRefused() async throws {
        try await APIHarness().run { ada, _ in
            let id = try #require(try await add(ada)["id"] as? String)
            let refusal = try await patch(ada, id, #"{"enable":false}"#)
            #expect(refusal["code"] as? String == "unknown_parameter")
            #expect(refusal["field"] as? String == "enable")
            let replay = try await ada.post(json: #"{"sinse":"2026-01-01T00:00:00Z"}"#, to: "/api/webhooks/\(id)/replay")
            #expect(replay.code == "unknown_parameter")
        }
    }

    /// Every delivery would fail at once, and lose the log of the attempts that tell why.
    @Test func aDisabledWebhookReplaysNothing() async throws {
        try await APIHarness().run { ada, _ in
            let id = try #require(try await add(ada)["id"] as? String)
            let tested = try await ada.post(json: "", to: "/api/webhooks/\(id)/test").object()
            let delivery = try #require(tested["id"] as? String)
            let before = try await ada.get("/api/webhooks/\(id)/deliveries/\(delivery)").text
            _ = try await patch(ada, id, #"{"enabled":false}"#)
            for body in [#"{"delivery":"\#(delivery)"}"#, #"{"since":"2026-01-01T00:00:00Z"}"#] {
                let refusal = try await ada.post(json: body, to: "/api/webhooks/\(id)/replay")
                #expect(refusal.status == .conflict)
                #expect(refusal.code == "webhook_disabled")
            }
            #expect(try await ada.get("/api/webhooks/\(id)/deliveries/\(delivery)").text == before)
            _ = try await patch(ada, id, #"{"enabled":true}"#)
            let replayed = try await ada.post(json: #"{"delivery":"\#(delivery)"}"#, to: "/api/webhooks/\(id)/replay")
            #expect(replayed.status == .accepted)
        }
    }

    @Test func aTestDeliveryIsListedReadAndReplayed() async throws {
        try await APIHarness().run { ada, bob in
            let id = try #require(try await add(ada)["id"] as? String)
            let tested = try await ada.post(json: "", to: "/api/webhooks/\(id)/test")
            #expect(tested.status == .accepted)
            let delivery = try #require(try tested.object()["id"] as? String)
            let list = try await ada.get("/api/webhooks/\(id)/deliveries?state=pending&limit=1").object()
            #expect((list["deliveries"] as? [[String: Any]])?.map { $0["id"] as? String } == [delivery])
            #expect(list["next_cursor"] is NSNull)
            let one = try await ada.get("/api/webhooks/\(id)/deliveries/\(delivery)").object()
            #expect((one["body"] as? String)?.contains(#""type":"webhook.test""#) == true)
            let replayed = try await ada.post(json: #"{"delivery":"\#(delivery)"}"#, to: "/api/webhooks/\(id)/replay")
            #expect(replayed.status == .accepted)
            #expect(try replayed.object()["replayed"] as? Int == 1)
            let since = try await ada.post(json: #"{"since":"2026-01-01T00:00:00Z"}"#, to: "/api/webhooks/\(id)/replay")
            #expect(try since.object()["replayed"] as? Int == 0)
            #expect(try await ada.post(json: "{}", to: "/api/webhooks/\(id)/replay").code == "invalid_value")
            #expect(try await ada.post(json: #"{"since":"today"}"#, to: "/api/webhooks/\(id)/replay").field == "since")
            #expect(try await ada.post(json: #"{"delivery":"none"}"#, to: "/api/webhooks/\(id)/replay").status == .notFound)
            #expect(try await ada.get("/api/webhooks/\(id)/deliveries?cursor=x").code == "invalid_value")
            #expect(try await bob.get("/api/webhooks/\(id)/deliveries").status == .notFound)
            _ = try await patch(ada, id, #"{"enabled":false}"#)
            #expect(try await ada.post(json: "", to: "/api/webhooks/\(id)/test").code == "webhook_disabled")
        }
    }

    @Test func aTaskCanHaveItsOwnWebhook() async throws {
        try await APIHarness().run { ada, _ in
            let url = "https://example.com/mine"
            let bodies = [
                try await ada.post(json: #"{"image_url":"https://example.com/a.jpg","webhook_url":"\#(url)"}"#),
                try await ada.post(image: "bytes", query: "?webhook_url=https://example.com/mine"),
                try await ada.post(form: [(#"name="webhook_url""#, url), (#"name="file"; filename="a.png""#, "bytes")]),
            ]
            for body in bodies {
                #expect(body.status == .accepted)
                #expect(try body.object()["webhook_url"] as? String == url)
            }
            let refused = try await ada.post(json: #"{"image_url":"https://example.com/a.jpg","webhook_url":"http://example.com:25/"}"#)
            #expect(refused.code == "port_not_allowed" && refused.field == "webhook_url")
            // The endpoint that signs these exists, is not listed, and shows its secret when it is replaced.
            #expect(try await ada.get("/api/webhooks").text == #"{"webhooks":[]}"#)
            let rotated = try await ada.post(json: "", to: "/api/webhooks/default/rotate").object()
            #expect((rotated["secret"] as? String)?.hasPrefix("whsec_") == true)
            #expect(try await patch(ada, "default", #"{"url":"https://example.com"}"#)["code"] as? String == "invalid_value")
            let deleted = try await ada.send(.delete, "/api/webhooks/default")
            #expect(deleted.status == .conflict && deleted.code == "webhook_in_use")
        }
    }

    @Test func aChangedURLResetsTheFailures() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try #require(try await add(ada)["id"] as? String)
            let tenant = try await harness.tenant(of: ada.token)
            let store = harness.dependencies.webhooks
            var endpoint = try #require(try await store.webhook(WebhookID(id), of: tenant))
            let hasFailed = endpoint.note(WebhookOutcome(status: 500), at: endpoint.createdAt)
            #expect(hasFailed)
            endpoint.revision += 1
            #expect(try await store.replace(endpoint))
            let same = try await patch(ada, id, #"{"url":"https://example.com/hook"}"#)
            #expect(same["failing_since"] is String)
            let other = try await patch(ada, id, #"{"url":"https://example.com/other"}"#)
            #expect(other["failing_since"] == nil && other["enabled"] as? Bool == true)
        }
    }

    @Test func responsesAreShownForASingleDelivery() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try #require(try await add(ada)["id"] as? String)
            let tested = try await ada.post(json: "", to: "/api/webhooks/\(id)/test").object()
            let store = try #require(harness.tasks as? any WebhookDeliveryStore)
            let queue = WebhookQueue(tenant: try await harness.tenant(of: ada.token), endpoint: WebhookID(id))
            let claimed = try #require(try await store.claimDeliveries(of: queue, limit: 1).first)
            _ = try await store.settle(claimed, WebhookOutcome(status: 500, response: "out of order"))
            let list = try await ada.get("/api/webhooks/\(id)/deliveries")
            #expect(list.text.contains(#""status":500"#) && !list.text.contains("out of order"))
            let one = try await ada.get("/api/webhooks/\(id)/deliveries/\(tested["id"] ?? "")")
            #expect(one.text.contains(#""answer":"out of order""#))
        }
    }

    @Test func aQuotaWarningIsSentOncePerThreshold() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            let tenant = try await harness.tenant(of: ada.token)
            let hook = #"{"url":"https://example.com/hook","events":["quota.warning"]}"#
            let id = try #require(try await add(ada, hook)["id"] as? String)
            _ = try await add(bob, hook)
            try await harness.tasks.setQuota(Quota(tasksPerMonth: 5), of: tenant)
            let watch = QuotaWatch(
                usage: harness.tasks, webhooks: harness.dependencies.webhooks, audit: harness.audit, wake: {}, logger: Logger(label: "test")
            )
            func told() async throws -> [[String: Any]] {
                await watch.round()
                let list = try await ada.get("/api/webhooks/\(id)/deliveries").object()["deliveries"] as? [[String: Any]] ?? []
                return try await list.asyncMap { delivery in
                    let path = "/api/webhooks/\(id)/deliveries/\(delivery["id"] ?? "")"
                    let body = try #require(try await ada.get(path).object()["body"] as? String)
                    let message = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
                    #expect(message["type"] as? String == "quota.warning")
                    return try #require(message["data"] as? [String: Any])
                }
            }
            for count in 1...3 { _ = try await ada.task(image: "\(count)") }
            watch.note(tenant)
            #expect(try await told().isEmpty)
            _ = try await ada.task(image: "4")
            watch.note(tenant)
            watch.note(try await harness.tenant(of: bob.token))
            let first = try await told()
            #expect(first.map { $0["threshold"] as? Int } == [80])
            #expect(first.first?["quota"] as? String == "tasks_per_month")
            #expect(first.first?["used"] as? Int == 4 && first.first?["limit"] as? Int == 5)
            watch.note(tenant)
            #expect(try await told().count == 1)
            _ = try await ada.task(image: "5")
            watch.note(tenant)
            #expect(Set(try await told().compactMap { $0["threshold"] as? Int }) == [80, 100])
        }
    }

    /// A version that could not read the webhook has served every upload that was accepted.
    @Test func aRefusedUploadHasTheQuotaChecked() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let tenant = try await harness.tenant(of: ada.token)
            try await harness.tasks.setQuota(Quota(tasksPerMonth: 1), of: tenant)
            _ = try await ada.task()
            let id = try #require(
                try await add(ada, #"{"url":"https://example.com/hook","events":["quota.warning"]}"#)["id"] as? String)
            let watch = QuotaWatch(
                usage: harness.tasks, webhooks: harness.dependencies.webhooks, audit: harness.audit, wake: {}, logger: Logger(label: "test")
            )
            try await harness.run(watching: watch, as: ada.token) { ada in
                let refused = try await ada.post(image: "refused")
                #expect(refused.code == "quota_exceeded")
            }
            await watch.round()
            let queue = WebhookQueue(tenant: tenant, endpoint: WebhookID(id))
            #expect(try await harness.dependencies.webhooks.deliveries(WebhookDeliveryQuery(queue)).map(\.event) == [.quotaWarning])
        }
    }

    @Test func theLogIsToldOfAQuotaThatFillsUpWithoutAnyWebhook() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let tenant = try await harness.tenant(of: ada.token)
            try await harness.tasks.setQuota(Quota(tasksPerMonth: 5), of: tenant)
            func told() async throws -> [AuditEntry] {
                try await harness.tasks.undeliveredAudit(before: Timestamp(microseconds: 0), limit: 10).map(\.entry)
                    .filter { $0.action == .quotaWarning }
            }
            func watch() -> QuotaWatch {
                QuotaWatch(
                    usage: harness.tasks, webhooks: harness.dependencies.webhooks, audit: harness.audit, wake: {},
                    logger: Logger(label: "test"))
            }
            let (first, other) = (watch(), watch())
            for count in 1...5 {
                _ = try await ada.task(image: "\(count)")
                first.note(tenant)
                await first.round()
            }
            let month = UsageMonth(at: SystemClock().now()).start.iso8601.prefix(7)
            let entries = try await told()
            #expect(entries.map(\.target) == ["80", "100"].map { "tasks_per_month_\(month)_\($0)" })
            #expect(entries.map(\.detail) == ["80 % of the tasks of a month: 4 of 5", "100 % of the tasks of a month: 5 of 5"])
            // This process does not report the same warning twice; of repetitions by others, the log keeps the first.
            first.note(tenant)
            await first.round()
            #expect(try await told().count == 2)
            other.note(tenant)
            await other.round()
            #expect(try await told().map(\.target).last == entries.last?.target)
        }
    }
}
