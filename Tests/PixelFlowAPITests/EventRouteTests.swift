import Deadlines
import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import PixelFlowCore
import ServiceLifecycle
import Testing

/// What a reconnecting client receives; live events are tested end to end.
@Suite struct EventRouteTests {
    @Test func aReconnectingClientReceivesWhatItMissed() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let first = try await ada.task(image: "a")
            let second = try await ada.task(image: "b")
            try await harness.complete(first)
            let events = try await missed(harness, ada, since: "1-x-1")
            #expect(events.map(\.name) == ["task", "task"])
            #expect(try events.map { try $0.task() } == [second.rawValue, first.rawValue])
            #expect(try events.map { try $0.object()["status"] as? String } == ["PENDING", "COMPLETED"])
            let last = try #require(events.last?.id)
            #expect(try await missed(harness, ada, since: last).last?.id == last)
        }
    }

    /// A client that loses its connection before the first event has a position, too, and misses nothing from there.
    @Test(arguments: ["", "?task=TASK"]) func aStreamBeginsWithItsPosition(query: String) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let task = try await ada.task()
            let query = query.replacing("TASK", with: task.rawValue)
            let text = try await missedText(harness, ada, since: nil, query: query)
            #expect(Event.parse(text).isEmpty)
            let id = try #require(text.components(separatedBy: "\n").first { $0.hasPrefix("id: ") }?.dropFirst(4))
            try await harness.complete(task)
            let events = try await missed(harness, ada, since: String(id), query: query)
            #expect(try events.last?.task() == task.rawValue)
            #expect(try events.last?.object()["status"] as? String == "COMPLETED")
        }
    }

    /// What is sent afterwards would be lost if the client had to continue from the time of the new connection.
    @Test func aResumedStreamBeginsWithThePositionOfTheClient() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let text = try await missedText(harness, ada, since: "1767225600000000-x-1")
            #expect(text.contains("\nid: 1767225600000000\n\n"))
        }
    }

    /// Several pages of missed changes.
    @Test func everyMissedChangeIsSentOnceAndInOrder() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            var ids: [String] = []
            for _ in 0..<65 { ids.append(try await ada.task().rawValue) }
            let events = try await missed(harness, ada, since: "1-x-1")
            #expect(try events.map { try $0.task() } == ids)
        }
    }

    @Test func aClientThatMissedTooMuchIsAskedToListAgain() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            let sample = try #require(try await harness.tasks.find(id, of: harness.tenant(of: ada.token)))
            for _ in 0..<1000 {
                let task = TaskRecord(
                    id: TaskID.make(at: SystemClock().now()), tenant: sample.tenant, owner: sample.owner, source: sample.source,
                    pipeline: sample.pipeline, fingerprint: "f", requestID: "r", createdAt: SystemClock().now())
                _ = try await harness.tasks.create(task)
            }
            let text = try await missedText(harness, ada, since: "1-x-1")
            #expect(text.contains("event: reset\ndata: {}\n\nid: "), "it continues from now, because of the old position it is reset again")
            let position = try #require(text.components(separatedBy: "\n").last { $0.hasPrefix("id: ") }?.dropFirst(4))
            let time = try #require(Int64(position))
            #expect(time > sample.updatedAt.microseconds)
        }
    }

    @Test func aDeletionIsReportedByIdOnly() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            _ = try await ada.send(.delete, "/api/tasks/\(id)")
            let events = try await missed(harness, ada, since: "1-x-1")
            #expect(events.map(\.name) == ["task_deleted"])
            #expect(try events.first?.object().keys.sorted() == ["id"])
        }
    }

    @Test func eventsOfOtherOrganisationsAreNotReceived() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            _ = try await ada.task()
            #expect(try await missed(harness, bob, since: "1-x-1").isEmpty)
        }
    }

    @Test func aBatchStreamContainsOnlyItsTasks() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            let batch = try #require(try await ada.post(json: "{}", to: "/api/batches").object()["id"] as? String)
            _ = try await ada.task()
            let task = try await ada.post(image: "a", query: "?batch=\(batch)").taskID()
            let events = try await missed(harness, ada, since: "1-x-1", query: "?batch=\(batch)")
            #expect(try events.map { try $0.task() } == [task.rawValue])
            #expect(try await ada.get("/api/events?batch=seven").code == "invalid_value")
            #expect(try await bob.get("/api/events?batch=\(batch)").code == "not_found")
        }
    }

    @Test func aTaskStreamContainsOnlyThatTask() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            let task = try await ada.task()
            _ = try await ada.task()
            let events = try await missed(harness, ada, since: "1-x-1", query: "?task=\(task)")
            #expect(try events.map { try $0.task() } == [task.rawValue])
            #expect(try await missed(harness, ada, since: nil, query: "?task=\(task)").isEmpty)
            #expect(try await ada.get("/api/events?task=seven").code == "invalid_value")
            #expect(try await ada.get("/api/events?task=\(task)&batch=\(task)").code == "invalid_value")
            #expect(try await bob.get("/api/events?task=\(task)").code == "not_found")
        }
    }

    @Test(arguments: [nil, "1-x-1"]) func aTaskStreamReadsItsTaskOnce(lastID: String?) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let task = try await ada.task()
            let before = harness.counted.reads
            _ = try await missed(harness, ada, since: lastID, query: "?task=\(task)")
            #expect(harness.counted.reads - before == 1)
        }
    }

    @Test(arguments: [nil, ""])
    func withoutALastEventIDThereIsNoReplay(_ lastID: String?) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            _ = try await ada.task()
            #expect(try await missed(harness, ada, since: lastID).isEmpty)
        }
    }

    /// Such a client has missed events, and no one knows which. The last one is in the year 2286.
    @Test(arguments: ["nonsense", "-5", "0", "99999999999999999999", "9999999999999999"])
    func anUnknownLastEventIDResetsTheClient(_ lastID: String) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            _ = try await ada.task()
            let text = try await missedText(harness, ada, since: lastID)
            #expect(text.contains("event: reset\n") && !text.contains("event: task\n"), "\(text)")
        }
    }

    /// The missed events. A hub that has been shut down ends each stream after them.
    private func missed(_ harness: APIHarness, _ client: APIClient, since lastID: String?, query: String = "") async throws -> [Event] {
        Event.parse(try await missedText(harness, client, since: lastID, query: query))
    }

    private func missedText(_ harness: APIHarness, _ client: APIClient, since lastID: String?, query: String = "") async throws -> String {
        let group = ServiceGroup(services: [harness.hub], logger: .init(label: "test"))
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await running.value("the hub to stop")
        let response = try await client.get("/api/events\(query)", headers: lastID.map { [.lastEventID: $0] } ?? [:])
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/event-stream")
        return response.text
    }
}

/// One server-sent event.
private struct Event {
    var id: String
    var name: String
    var data: String

    static func parse(_ text: String) -> [Event] {
        text.components(separatedBy: "\n\n").compactMap { block in
            var fields: [String: String] = [:]
            for line in block.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            guard let id = fields["id"], let name = fields["event"], let data = fields["data"] else { return nil }
            return Event(id: id, name: name, data: data)
        }
    }

    func object() throws -> [String: Any] { try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]) }
    func task() throws -> String? { try object()["id"] as? String }
}
