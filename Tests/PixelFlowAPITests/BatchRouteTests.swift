import Conformance
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowAPI
import PixelFlowCore
import Testing

@Suite struct BatchRouteTests {
    private func open(_ client: APIClient, _ json: String = #"{"description":"Import"}"#) async throws -> String {
        let response = try await client.post(json: json, to: "/api/batches")
        #expect(response.status == .created, "\(response.text)")
        let id = try #require(try response.object()["id"] as? String)
        #expect(response.headers[.location] == "/api/batches/\(id)")
        return id
    }

    private func counts(_ response: TestResponse) throws -> [String: Int] {
        try #require(try response.object()["counts"] as? [String: Int])
    }

    @Test func tasksOfABatchAreCountedAndListed() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await open(ada)
            let first = try await ada.post(image: "a", query: "?batch=\(id)").taskID()
            let second = try await ada.post(json: #"{"image_url":"https://example.com/a.jpg","batch":"\#(id)"}"#).taskID()
            let third = try await ada.post(form: [(#"name="file"; filename="a.png""#, "bytes"), (#"name="batch""#, id)]).taskID()
            _ = try await ada.task()
            try await harness.complete(first)
            try await harness.fail(second)
            #expect(try await ada.get("/api/tasks/\(third)").object()["batch"] as? String == id)
            let response = try await ada.get("/api/batches/\(id)")
            #expect(
                try counts(response) == ["total": 3, "pending": 1, "processing": 0, "completed": 1, "failed": 1, "cancelled": 0])
            #expect(try response.object()["status"] as? String == "open")
            #expect(try response.object()["description"] as? String == "Import")
            func listed(_ query: String) async throws -> [String] {
                let tasks = try #require(try await ada.get("/api/tasks?\(query)").object()["tasks"] as? [[String: Any]])
                return tasks.compactMap { $0["id"] as? String }
            }
            #expect(try await listed("batch=\(id)") == [third, second, first].map(\.rawValue))
            #expect(try await listed("batch=\(id)&status=FAILED") == [second.rawValue])
            #expect(try await ada.get("/api/tasks?batch=seven").code == "invalid_value")
        }
    }

    @Test func aBatchWithATypingErrorIsNotOpened() async throws {
        try await APIHarness().run { ada, _ in
            let refusal = try await ada.post(json: #"{"priorty":"low"}"#, to: "/api/batches")
            #expect(refusal.status == .unprocessableContent)
            #expect(refusal.code == "unknown_parameter")
            #expect(refusal.field == "priorty")
        }
    }

    @Test func batchesThatAreNotCompletedAreBounded() async throws {
        let harness = try await APIHarness(batches: BatchSettings(limit: 2))
        try await harness.run { ada, bob in
            let first = try await open(ada)
            _ = try await open(ada)
            let refusal = try await ada.post(json: "{}", to: "/api/batches")
            #expect(refusal.status == .tooManyRequests)
            #expect(refusal.code == "too_many_batches")
            #expect(refusal.headers[.retryAfter] == "60")
            _ = try await open(bob)
            _ = try await ada.send(.post, "/api/batches/\(first)/close")
            await harness.watch.round()
            _ = try await open(ada)
        }
    }

    @Test func aClosedBatchAcceptsNoTasks() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await open(ada)
            let key: HTTPFields = [.idempotencyKey: "order-1"]
            let first = try await ada.post(image: "a", query: "?batch=\(id)", headers: key)
            #expect(first.status == .accepted)
            let closed = try await ada.send(.post, "/api/batches/\(id)/close")
            #expect(closed.status == .ok)
            #expect(try closed.object()["status"] as? String == "closed")
            #expect(
                try await ada.send(.post, "/api/batches/\(id)/close").object()["closed_at"] as? String == closed.object()["closed_at"]
                    as? String)
            let refusal = try await ada.post(image: "b", query: "?batch=\(id)")
            #expect(refusal.status == .conflict)
            #expect(refusal.code == "batch_closed")
            #expect(refusal.field == "batch")
            // A repeated request gets the same task; the same upload to another batch is a different request.
            #expect(try await ada.post(image: "a", query: "?batch=\(id)", headers: key).taskID() == first.taskID())
            #expect(try await ada.post(image: "a", headers: key).code == "idempotency_key_reused")
            #expect(try await harness.objects(of: ada).count == 1)
        }
    }

    @Test func anUnknownBatchIsRefused() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            let (id, unknown) = (try await open(bob), BatchID.make(at: SystemClock().now()).rawValue)
            for wrong in [id, unknown, "seven"] {
                let refusal = try await ada.post(image: "bytes", query: "?batch=\(wrong)")
                #expect(refusal.status == .unprocessableContent)
                #expect(refusal.code == "unknown_batch")
                #expect(try await ada.get("/api/batches/\(wrong)").status == .notFound)
                #expect(try await ada.send(.post, "/api/batches/\(wrong)/close").status == .notFound)
            }
            #expect(try await ada.post(json: #"{"image_url":"https://example.com/a.jpg","batch":7}"#).code == "invalid_value")
            #expect(try await harness.objects(of: ada).isEmpty)
            #expect(try await ada.get("/api/batches").object()["batches"] as? [String] == [])
        }
    }

    @Test(arguments: [
        (#"{"priority":"soon"}"#, "priority"), (#"{"description":7}"#, "description"),
        (#"{"description":"\#(String(repeating: "x", count: 257))"}"#, "description"),
        (#"{"description":"two\nlines"}"#, "description"), (#"{"description":"\u0000"}"#, "description"),
        (#"{"description":"two\u2028lines"}"#, "description"), (#"{"description":"two\u2029lines"}"#, "description"),
        (#"{"description":"two\u0085lines"}"#, "description"),
    ])
    func anInvalidBodyIsRefused(_ json: String, _ field: String) async throws {
        try await APIHarness().run { ada, _ in
            let refusal = try await ada.post(json: json, to: "/api/batches")
            #expect(refusal.status == .unprocessableContent)
            #expect(refusal.code == "invalid_value")
            #expect(refusal.field == field)
        }
    }

    @Test func priorityAppliesToUploadsWithoutOne() async throws {
        try await APIHarness().run { ada, _ in
            let pipeline = ByteBuffer(string: #"{"outputs":[{"name":"a"}]}"#)
            #expect(try await ada.send(.put, "/api/presets/urgent?priority=high", body: pipeline).status == .created)
            let (low, none) = (try await open(ada, #"{"priority":"low"}"#), try await open(ada, "{}"))
            for (query, priority) in [
                ("batch=\(low)", "low"), ("batch=\(low)&priority=high", "high"), ("batch=\(low)&preset=urgent", "low"),
                ("batch=\(none)", "normal"), ("batch=\(none)&preset=urgent", "high"),
            ] {
                #expect(try await ada.post(image: "bytes", query: "?\(query)").object()["priority"] as? String == priority, "\(query)")
            }
        }
    }

    @Test func batchesAreListedByPages() async throws {
        try await APIHarness().run { ada, _ in
            var ids: [String] = []
            for _ in 0..<3 { ids.insert(try await open(ada), at: 0) }
            let first = try await ada.get("/api/batches?limit=2").object()
            let cursor = try #require(first["next_cursor"] as? String)
            let second = try await ada.get("/api/batches?limit=2&cursor=\(cursor)").object()
            let found = [first, second].flatMap { $0["batches"] as? [[String: Any]] ?? [] }
            #expect(found.compactMap { $0["id"] as? String } == ids)
            #expect(found.allSatisfy { $0["counts"] == nil })
            #expect(second["next_cursor"] is NSNull)
            #expect(try await ada.get("/api/batches?cursor=x").code == "invalid_value")
        }
    }

    @Test func aReaderCannotOpenABatch() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await open(ada)
            let key = try await harness.key(as: ada.token, #"{"name":"reader","scopes":["tasks:read"]}"#)
            let reader = APIClient(client: ada.client, token: key)
            #expect(try await reader.post(json: "{}", to: "/api/batches").status == .forbidden)
            #expect(try await reader.send(.post, "/api/batches/\(id)/close").status == .forbidden)
            #expect(try await reader.get("/api/batches/\(id)").status == .ok)
        }
    }

    @Test func webhooksAreNotifiedOfTheCompletion() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let hook = try await ada.post(json: #"{"url":"https://example.com/hook","events":["batch.completed"]}"#, to: "/api/webhooks")
            let webhook = try #require(try hook.object()["id"] as? String)
            let id = try await open(ada)
            let task = try await ada.post(image: "a", query: "?batch=\(id)").taskID()
            _ = try await ada.send(.post, "/api/batches/\(id)/close")
            await harness.watch.round()
            try await harness.fail(task)
            // Like the event of the task's end.
            harness.watch.note(BatchID(id), of: try await harness.tenant(of: ada.token))
            await harness.watch.round()
            let completed = try await ada.get("/api/batches/\(id)").object()
            #expect(completed["status"] as? String == "completed")
            let page = try await ada.get("/api/webhooks/\(webhook)/deliveries").object()
            let deliveries = try #require(page["deliveries"] as? [[String: Any]])
            #expect(deliveries.map { $0["event"] as? String } == ["batch.completed"])
            #expect(deliveries.map { $0["batch"] as? String } == [id])
            let delivery = try #require(deliveries.first?["id"] as? String)
            #expect(delivery == "msg_batch_\(id)_\(webhook)")
            let body = try #require(
                try await ada.get("/api/webhooks/\(webhook)/deliveries/\(delivery)").object()["body"] as? String)
            let message = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
            #expect(message["type"] as? String == "batch.completed")
            let data = try #require(message["data"] as? [String: Any])
            #expect(data["id"] as? String == id && data["completed_at"] as? String == completed["completed_at"] as? String)
            #expect((data["counts"] as? [String: Int])?["failed"] == 1)
            #expect(message["timestamp"] as? String == completed["completed_at"] as? String)
        }
    }
}
