import Conformance
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import Testing

/// A page that repeatedly requests its tasks.
@Suite struct PollingTests {
    @Test func unchangedTasksAreNotReadAgain() async throws {
        // The clock determines the age of statistics.
        let harness = try await APIHarness(clock: ManualClock())
        try await harness.run { ada, bob in
            let id = try await ada.task()
            _ = try await bob.task()
            let list = try await ada.get("/api/tasks?limit=20")
            let task = try await ada.get("/api/tasks/\(id)")
            _ = try await ada.get("/api/stats")
            let before = harness.counted.reads
            for _ in 0..<20 {
                let again = try await ada.get("/api/tasks?limit=20", headers: [.ifNoneMatch: try #require(list.headers[.eTag])])
                #expect(again.status == .notModified)
                #expect(again.body.readableBytes == 0)
                #expect(again.headers[.eTag] == list.headers[.eTag])
                #expect(again.headers[.cacheControl] == "private, no-cache")
                #expect(try await ada.get("/api/tasks?limit=20").text == list.text)
                let same = try await ada.get("/api/tasks/\(id)", headers: [.ifNoneMatch: try #require(task.headers[.eTag])])
                #expect(same.status == .notModified)
                #expect(try await ada.get("/api/tasks/\(id)").text == task.text)
                #expect(try await ada.get("/api/stats").status == .ok)
            }
            #expect(harness.counted.reads == before)
            // Changes of other users' tasks have no effect either.
            _ = try await bob.task()
            let afterBob = harness.counted.reads
            #expect(try await ada.get("/api/tasks?limit=20").text == list.text)
            #expect(harness.counted.reads == afterBob)
        }
    }

    @Test func statisticsAreServedForAMinuteDuringADatabaseOutage() async throws {
        let clock = ManualClock()
        let harness = try await APIHarness(clock: clock)
        try await harness.run { ada, bob in
            let id = try await ada.task()
            let stats = try await ada.get("/api/stats").object()["counts"] as? [String: Int]
            let usage = try await ada.get("/api/usage").text
            harness.counted.setAway(true)
            for seconds in [10, 49] {
                clock.advance(by: .seconds(seconds))
                #expect(try await ada.get("/api/stats").object()["counts"] as? [String: Int] == stats)
                #expect(try await ada.get("/api/usage").text == usage)
            }
            // During an outage, actions never use outdated tasks, and nothing is returned that was never read.
            #expect(try await ada.get("/api/tasks/\(id)").status == .serviceUnavailable)
            #expect(try await bob.get("/api/stats").status == .serviceUnavailable)
            clock.advance(by: .seconds(1))
            #expect(try await ada.get("/api/stats").status == .serviceUnavailable)
            #expect(try await ada.get("/api/usage").code == "task_database_unavailable")
            harness.counted.setAway(false)
            #expect(try await ada.get("/api/stats").status == .ok)
            #expect(harness.registry[#"cache_requests_total{cache="statistics",result="stale"}"#] == 2)
        }
    }

    @Test func everyChangeIsSeenImmediately() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let tenant = try await harness.tenant(of: ada.token)
            let id = try await ada.task()
            var known = try await ada.get("/api/tasks")
            var statuses: [String] = []

            func expectChange(to status: String?) async throws {
                let list = try await ada.get("/api/tasks", headers: [.ifNoneMatch: try #require(known.headers[.eTag])])
                #expect(list.status == .ok)
                let tasks = try #require(try list.object()["tasks"] as? [[String: Any]])
                #expect(tasks.first?["status"] as? String == status)
                if let status {
                    #expect(try await ada.get("/api/tasks/\(id)").object()["status"] as? String == status)
                    let counts = try #require(try await ada.get("/api/stats").object()["counts"] as? [String: Int])
                    #expect(counts[status] == 1)
                    statuses.append(status)
                } else {
                    #expect(try await ada.get("/api/tasks/\(id)").status == .notFound)
                }
                known = list
            }

            // The worker writes to the store, and no event reports it.
            let failing = try #require(try await harness.tasks.claim(id, by: WorkerID("test")))
            try await expectChange(to: "PROCESSING")
            let failure = TaskFailure(error: TaskError(code: "not_an_image", message: "No."), retry: .permanent)
            _ = try await harness.tasks.fail(failing.claim, with: failure)
            try await expectChange(to: "FAILED")
            #expect(try await ada.send(.post, "/api/tasks/\(id)/replay").status == .accepted)
            try await expectChange(to: "PENDING")
            try await harness.complete(id)
            try await expectChange(to: "COMPLETED")
            #expect(try await ada.send(.delete, "/api/tasks/\(id)").status == .noContent)
            try await expectChange(to: nil)
            #expect(statuses == ["PROCESSING", "FAILED", "PENDING", "COMPLETED"])
            #expect(try await harness.tasks.find(id, of: tenant) == nil)
        }
    }

    /// Dispatching, acknowledging and renewing change the document, but nothing that clients see.
    @Test func invisibleChangesDoNotInvalidateResponses() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            let task = try #require(try await harness.tasks.claim(id, by: WorkerID("test")))
            let list = try await ada.get("/api/tasks")
            let before = harness.counted.reads
            #expect(try await harness.tasks.renew(task.claim) == .extended)
            let again = try await ada.get("/api/tasks", headers: [.ifNoneMatch: try #require(list.headers[.eTag])])
            #expect(again.status == .notModified)
            #expect(harness.counted.reads == before)
        }
    }

    @Test func pagesFiltersAndTenantsAreCachedSeparately() async throws {
        try await APIHarness().run { ada, bob in
            let id = try await ada.task()
            let all = try await ada.get("/api/tasks")
            let theirs = try await bob.get("/api/tasks", headers: [.ifNoneMatch: try #require(all.headers[.eTag])])
            #expect(theirs.status == .ok)
            #expect((try theirs.object()["tasks"] as? [Any])?.isEmpty == true)
            #expect((try await ada.get("/api/tasks?status=FAILED").object()["tasks"] as? [Any])?.isEmpty == true)
            #expect((try await ada.get("/api/tasks?status=PENDING").object()["tasks"] as? [Any])?.count == 1)
            // First requested by a user who has no such task.
            #expect(try await bob.get("/api/tasks/\(id)").status == .notFound)
            #expect(try await ada.get("/api/tasks/\(id)").status == .ok)
            #expect(try await bob.get("/api/tasks/\(id)").status == .notFound)
        }
    }

    @Test func aRevertedPageHasItsFormerTag() async throws {
        try await APIHarness().run { ada, _ in
            let empty = try await ada.get("/api/tasks")
            let id = try await ada.task()
            #expect(try await ada.get("/api/tasks").headers[.eTag] != empty.headers[.eTag])
            #expect(try await ada.send(.delete, "/api/tasks/\(id)").status == .noContent)
            let again = try await ada.get("/api/tasks", headers: [.ifNoneMatch: try #require(empty.headers[.eTag])])
            #expect(again.status == .notModified)
            let wrong = try await ada.get("/api/tasks", headers: [.ifMatch: "\"other\""])
            #expect(wrong.status == .preconditionFailed)
        }
    }
}
