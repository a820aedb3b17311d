import Conformance
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowAPI
import PixelFlowCore
import Testing

/// The priority of uploads, and a full queue of an organisation.
@Suite struct PriorityTests {
    @Test func everyKindOfUploadAcceptsAPriority() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let responses = [
                try await ada.post(json: #"{"image_url":"https://example.org/a.jpg","priority":"low"}"#),
                try await ada.post(form: [(#"name="priority""#, "low"), (#"name="file"; filename="a""#, "bytes")]),
                try await ada.post(image: "bytes", query: "?priority=low"),
            ]
            let tenant = try await harness.tenant(of: ada.token)
            for response in responses {
                #expect(response.status == .accepted)
                #expect(try response.object()["priority"] as? String == "low")
                #expect(try await harness.tasks.find(try response.taskID(), of: tenant)?.lane == .low)
            }
        }
    }

    @Test func theDefaultPriorityIsNormal() async throws {
        try await APIHarness().run { ada, _ in
            for body in [#"{"image_url":"https://example.org/a.jpg"}"#, #"{"image_url":"https://example.org/a.jpg","priority":null}"#] {
                let task = try await ada.post(json: body).object()
                #expect(task["priority"] as? String == "normal")
            }
            let form = [(#"name="priority""#, ""), (#"name="file"; filename="a""#, "bytes")]
            let task = try await ada.post(form: form).object()
            #expect(task["priority"] as? String == "normal")
        }
    }

    @Test(arguments: [#""urgent""#, #""LOW""#, "1", "[]"]) func anInvalidPriorityIsRefused(value: String) async throws {
        try await APIHarness().run { ada, _ in
            let refusal = try await ada.post(json: #"{"image_url":"https://example.org/a.jpg","priority":\#(value)}"#)
            #expect(refusal.status == .unprocessableContent)
            #expect(refusal.code == "invalid_value")
            #expect(refusal.field == "priority")
        }
    }

    @Test func thePriorityOfAPresetIsTheDefault() async throws {
        let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"a"}]}"#)
        try await APIHarness().run { ada, _ in
            let saved = try await ada.send(.put, "/api/presets/import?priority=low", body: pipeline)
            #expect(try saved.object()["priority"] as? String == "low")
            #expect(try await ada.get("/api/presets/import").object()["priority"] as? String == "low")
            #expect(try await ada.post(image: "bytes", query: "?preset=import").object()["priority"] as? String == "low")
            #expect(try await ada.post(image: "bytes", query: "?preset=import&priority=high").object()["priority"] as? String == "high")
            // Saving without a priority keeps the existing one, until it is changed explicitly.
            #expect(try await ada.send(.put, "/api/presets/import", body: pipeline).object()["priority"] as? String == "low")
            #expect(try await ada.post(image: "bytes", query: "?preset=import").object()["priority"] as? String == "low")
            #expect(try await ada.send(.put, "/api/presets/import?priority=none", body: pipeline).object()["priority"] == nil)
            #expect(try await ada.get("/api/presets/import").object()["priority"] == nil)
            #expect(try await ada.post(image: "bytes", query: "?preset=import").object()["priority"] as? String == "normal")
            #expect(try await ada.send(.put, "/api/presets/import?priority=soon", body: pipeline).code == "invalid_value")
        }
    }

    @Test func thePriorityOfAPresetAppliesToItsTenantOnly() async throws {
        let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"a"}]}"#)
        try await APIHarness().run { ada, bob in
            let saved = try await ada.send(.put, "/api/presets/web?priority=high", body: pipeline)
            #expect(saved.status == .created)
            #expect(try await bob.send(.put, "/api/presets/web", body: pipeline).object()["priority"] == nil)
            // A deleted preset has no effect on a later one with the same name.
            #expect(try await ada.send(.delete, "/api/presets/web").status == .noContent)
            #expect(try await ada.send(.put, "/api/presets/web", body: pipeline).object()["priority"] == nil)
        }
    }

    @Test func thePriorityOfAKeyIsTheDefault() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let scopes = #""scopes":["tasks:read","tasks:write","presets:write"]"#
            let importer = APIClient(
                client: ada.client, token: try await harness.key(as: ada.token, #"{"name":"import","priority":"low",\#(scopes)}"#))
            let site = APIClient(client: ada.client, token: try await harness.key(as: ada.token, #"{"name":"site",\#(scopes)}"#))
            let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"a"}]}"#)
            #expect(try await ada.send(.put, "/api/presets/urgent?priority=high", body: pipeline).status == .created)
            #expect(try await ada.send(.put, "/api/presets/plain", body: pipeline).status == .created)
            for (query, ofImporter, ofSite) in [
                ("", "low", "normal"), ("?priority=high", "high", "high"), ("?preset=urgent", "high", "high"),
                ("?preset=plain", "low", "normal"), ("?preset=web", "low", "normal"),
                ("?preset=urgent&priority=normal", "normal", "normal"),
            ] {
                #expect(try await importer.post(image: "bytes", query: query).object()["priority"] as? String == ofImporter, "\(query)")
                #expect(try await site.post(image: "bytes", query: query).object()["priority"] as? String == ofSite, "\(query)")
            }
            // A repeated request is the same request, wherever its priority comes from.
            let key: HTTPFields = [.idempotencyKey: "order-1"]
            let first = try await importer.post(image: "bytes", headers: key)
            let again = try await site.post(image: "bytes", headers: key)
            #expect(again.status == .accepted)
            #expect(try again.taskID() == first.taskID())
        }
    }

    @Test func anotherPriorityConflictsWithTheIdempotencyKey() async throws {
        try await APIHarness().run { ada, _ in
            let key: HTTPFields = [.idempotencyKey: "order-1"]
            let first = try await ada.post(image: "bytes", query: "?priority=low", headers: key)
            #expect(first.status == .accepted)
            #expect(try await ada.post(image: "bytes", query: "?priority=low", headers: key).status == .accepted)
            #expect(try await ada.post(image: "bytes", query: "?priority=high", headers: key).code == "idempotency_key_reused")
            #expect(try await ada.post(image: "bytes", headers: key).code == "idempotency_key_reused")
        }
    }

    @Test func aFullQueueIsRefusedUntilItHasDrained() async throws {
        let clock = ManualClock()
        let harness = try await APIHarness(queue: QueueSettings(depth: 4), clock: clock)
        try await harness.run { ada, bob in
            var ids: [TaskID] = []
            for _ in 0..<4 { ids.append(try await ada.task()) }
            let refusal = try await ada.post(image: "bytes")
            #expect(refusal.status == .tooManyRequests)
            #expect(refusal.code == "queue_full")
            #expect(refusal.headers[.retryAfter] == "5")
            #expect(try await harness.objects(of: ada).count == 4)
            // Bob has his own queue.
            #expect(try await bob.post(image: "bytes").status == .accepted)
            // Two tasks finished in ten seconds, so a slot becomes free every five.
            for id in ids.prefix(2) { try await harness.complete(id) }
            clock.advance(by: .seconds(10))
            for _ in 0..<2 { #expect(try await ada.post(image: "bytes").status == .accepted) }
            let again = try await ada.post(image: "bytes")
            #expect(again.code == "queue_full")
            #expect(again.headers[.retryAfter] == "5")
        }
    }

    @Test func aQueueIsCountedAgainAfterTheClockWasSetBack() async throws {
        let clock = ManualClock()
        let harness = try await APIHarness(queue: QueueSettings(depth: 2), clock: clock)
        try await harness.run { ada, _ in
            let ids = [try await ada.task(), try await ada.task()]
            #expect(try await ada.post(image: "bytes").code == "queue_full")
            for id in ids { try await harness.complete(id) }
            clock.advance(by: .seconds(-3600))
            #expect(try await ada.post(image: "bytes").status == .accepted)
        }
    }
}
