import Foundation
import HTTPTypes
import HummingbirdTesting
import PixelFlowAPI
import PixelFlowCore
import Testing

/// Listing, reading, cancelling, replaying and deleting tasks.
@Suite struct TaskRouteTests {
    @Test func theListIsNewestFirstAndPaged() async throws {
        try await APIHarness().run { ada, _ in
            var made: [String] = []
            for number in 0..<5 { made.append(try await ada.task(image: "image \(number)").rawValue) }
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await ada.get("/api/tasks?limit=2" + (cursor.map { "&cursor=\($0)" } ?? "")).object()
                let tasks = try #require(page["tasks"] as? [[String: Any]])
                #expect(tasks.count <= 2)
                seen += tasks.compactMap { $0["id"] as? String }
                cursor = page["next_cursor"] as? String
            } while cursor != nil
            #expect(seen == made.reversed())
        }
    }

    @Test func theListCanBeFilteredByStatus() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let done = try await ada.task(image: "a")
            _ = try await ada.task(image: "b")
            try await harness.complete(done)
            let page = try await ada.get("/api/tasks?status=completed").object()
            #expect((page["tasks"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == [done.rawValue])
        }
    }

    @Test(arguments: [
        ("status=DONE", "status"), ("limit=0", "limit"), ("search=\(String(repeating: "x", count: 257))", "search"), ("limit=201", "limit"),
        ("limit=x", "limit"), ("cursor=x", "cursor"), ("search=a%00b", "search"), ("status=%00", "status"),
    ])
    func invalidQueryParametersAreNamed(_ query: String, _ field: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.get("/api/tasks?\(query)")
            #expect(response.status == .unprocessableContent)
            #expect(response.field == field)
        }
    }

    @Test func aTaskContainsItsHistory() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            try await harness.complete(id)
            let task = try await ada.get("/api/tasks/\(id)").object()
            #expect(task["status"] as? String == "COMPLETED")
            #expect(task["attempts"] as? Int == 1)
            #expect(task["progress"] as? Double == 1)
            let source = try #require(task["source"] as? [String: Any])
            #expect(source["format"] as? String == "png")
            #expect(source["width"] as? Int == 30)
            #expect(source["blurhash"] as? String == "LEHV6n")
            #expect(source["dominant_color"] as? String == "#aabbcc")
            let output = try #require((task["outputs"] as? [[String: Any]])?.first)
            #expect(output["name"] as? String == "image")
            #expect(output["status"] as? String == "COMPLETED")
            #expect(output["url"] as? String == "/api/tasks/\(id)/outputs/image")
            #expect(output["sha256"] as? String == "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882")
            for field in ["created_at", "started_at", "completed_at", "updated_at"] { #expect(task[field] is String, "\(field)") }
            #expect((task["history"] as? [[String: Any]])?.compactMap { $0["reason"] as? String } == ["created", "claimed", "completed"])
            // No internal fields.
            for field in ["lease", "tenant", "owner", "dispatch", "outbox", "fingerprint", "key"] {
                #expect(task[field] == nil, "\(field)")
            }
        }
    }

    @Test func anUnchangedTaskIsNotModified() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            let tag = try #require(try await ada.get("/api/tasks/\(id)").headers[.eTag])
            let again = try await ada.get("/api/tasks/\(id)", headers: [.ifNoneMatch: tag])
            #expect(again.status == .notModified)
            #expect(again.headers[.cacheControl] == "private, no-cache")
            for known in ["W/" + tag, #""x", \#(tag)"#, "*"] {
                #expect(try await ada.get("/api/tasks/\(id)", headers: [.ifNoneMatch: known]).status == .notModified, "\(known)")
                #expect(try await ada.send(.head, "/api/tasks/\(id)", headers: [.ifNoneMatch: known]).status == .notModified)
            }
            try await harness.complete(id)
            #expect(try await ada.get("/api/tasks/\(id)", headers: [.ifNoneMatch: tag]).status == .ok)
        }
    }

    @Test func aChangeWithAStaleTagFails() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            let tag = try #require(try await ada.get("/api/tasks/\(id)").headers[.eTag])
            try await harness.fail(id)
            for (method, path) in [(HTTPRequest.Method.delete, ""), (.post, "/replay"), (.post, "/cancel")] {
                let refusal = try await ada.send(method, "/api/tasks/\(id)\(path)", headers: [.ifMatch: tag])
                #expect(refusal.status == .preconditionFailed)
                #expect(refusal.code == "precondition_failed")
            }
            let present = try #require(try await ada.get("/api/tasks/\(id)").headers[.eTag])
            #expect(try await ada.send(.delete, "/api/tasks/\(id)", headers: [.ifMatch: present]).status == .noContent)
            #expect(try await ada.send(.delete, "/api/tasks/\(id)", headers: [.ifMatch: "*"]).status == .notFound)
        }
    }

    @Test func queriesAreDecodedLikeForms() async throws {
        try await APIHarness().run { ada, _ in
            let id = try await ada.post(form: [(#"name="file"; filename="my red+blue 100%.png""#, "bytes")]).taskID()
            for search in ["my+red", "my%20red", "red%2Bblue", "100%", "100%25.png", "+red"] {
                let page = try await ada.get("/api/tasks?search=\(search)&status=&cursor=&limit=").object()
                #expect((page["tasks"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == [id.rawValue], "\(search)")
            }
            let none = try await ada.get("/api/tasks?search=red+blue").object()
            #expect((none["tasks"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func aWaitingTaskIsCancelledImmediately() async throws {
        try await APIHarness().run { ada, _ in
            let id = try await ada.task()
            let response = try await ada.send(.post, "/api/tasks/\(id)/cancel")
            #expect(response.status == .accepted)
            #expect(try response.object()["status"] as? String == "CANCELLED")
            let again = try await ada.send(.post, "/api/tasks/\(id)/cancel")
            #expect(again.status == .conflict)
            #expect(again.code == "task_is_final")
        }
    }

    /// What earlier runs have stored is removed when the store responds again; the cancellation does not depend on it.
    @Test func aTaskIsCancelledWhileTheBlobStoreIsDown() async throws {
        let harness = try await APIHarness()
        try await harness.runWithStubbornBlobs { ada, blobs in
            let id = try await ada.task()
            let task = try #require(try await harness.tasks.claim(id, by: WorkerID("w")))
            let failure = TaskFailure(error: TaskError(code: "timeout", message: "Too slow."), retry: .transient)
            _ = try await harness.tasks.fail(task.claim, with: failure)
            blobs.setStubborn(true)
            let response = try await ada.send(.post, "/api/tasks/\(id)/cancel")
            #expect(response.status == .accepted)
            #expect(try response.object()["status"] as? String == "CANCELLED")
            // The dispatcher removes the objects before it publishes what is in the outbox.
            #expect(try await harness.tasks.find(id, of: task.tenant)?.outbox.isEmpty == false)
        }
    }

    @Test func aRunningTaskIsAskedToStop() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            _ = try await harness.tasks.claim(id, by: WorkerID("w"))
            let task = try await ada.send(.post, "/api/tasks/\(id)/cancel").object()
            #expect(task["status"] as? String == "PROCESSING")
            #expect(task["cancel_requested"] as? Bool == true)
        }
    }

    @Test func onlyAFailedTaskIsReplayed() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            let early = try await ada.send(.post, "/api/tasks/\(id)/replay")
            #expect(early.status == .conflict)
            #expect(early.code == "task_not_failed")
            try await harness.fail(id)
            let failed = try await ada.get("/api/tasks/\(id)").object()
            #expect((failed["error"] as? [String: Any])?["code"] as? String == "not_an_image")
            let replayed = try await ada.send(.post, "/api/tasks/\(id)/replay")
            #expect(replayed.status == .accepted)
            #expect(try replayed.object()["status"] as? String == "PENDING")
            #expect(try replayed.object()["generation"] as? Int == 2)
            #expect(try replayed.object()["error"] == nil)
        }
    }

    @Test func aDeletedTaskIsGone() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            try await harness.complete(id)
            #expect(try await ada.send(.delete, "/api/tasks/\(id)").status == .noContent)
            for path in ["", "/outputs/image", "/source"] { #expect(try await ada.get("/api/tasks/\(id)\(path)").status == .notFound) }
            #expect(try await ada.send(.delete, "/api/tasks/\(id)").status == .notFound)
            #expect((try await ada.get("/api/tasks").object()["tasks"] as? [Any])?.isEmpty == true)
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, ""), (.delete, ""), (.post, "/cancel"), (.post, "/replay"), (.get, "/outputs/image"), (.get, "/source"),
    ])
    func tasksOfOtherOrganisationsAreNotFound(_ method: HTTPRequest.Method, _ path: String) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            let id = try await ada.task()
            try await harness.complete(id)
            let foreign = try await bob.send(method, "/api/tasks/\(id)\(path)")
            let missing = try await bob.send(method, "/api/tasks/01890000-0000-7000-8000-000000000000\(path)")
            #expect(foreign.status == .notFound)
            #expect(foreign.code == missing.code)
            #expect(try await ada.get("/api/tasks/\(id)").object()["status"] as? String == "COMPLETED")
        }
    }

    @Test func tasksOfOtherOrganisationsAreNotCounted() async throws {
        try await APIHarness().run { ada, bob in
            let mark = try await ada.task()
            #expect((try await bob.get("/api/tasks").object()["tasks"] as? [Any])?.isEmpty == true)
            let counts = try await bob.get("/api/stats").object()["counts"] as? [String: Int]
            #expect(counts?.values.allSatisfy { $0 == 0 } == true)
            let order =
                #"{"image_url":"http://a.org","pipeline":{"outputs":[{"name":"a","operations":[{"op":"watermark","image":"\#(mark)"}]}]}}"#
            #expect(try await bob.post(json: order).code == "watermark_missing")
        }
    }

    @Test(arguments: ["/api/tasks/x", "/api/tasks/..%2F..%2Fetc", "/api/nothing"])
    func invalidIDsAreNotFound(_ path: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.get(path)
            #expect(response.status == .notFound)
            #expect(response.headers[.contentType] == "application/problem+json")
        }
    }
}
