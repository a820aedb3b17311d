import Deadlines
import PixelFlowClient
import RawHTTP
import Synchronization
import Testing

@Suite struct EventTests {
    private static func event(_ id: Int, _ task: String, _ status: String) -> String {
        "id: \(id)\nevent: task\ndata: \(TaskText.json(task, status))\n\n"
    }

    private static func name(_ change: TaskEvent.Change) -> String {
        switch change {
        case .opened: "opened"
        case .task(let task): "\(task.id) \(task.status.rawValue)"
        case .deleted(let id): "deleted \(id)"
        case .reset: "reset"
        case .other(let event): "other \(event.name)"
        }
    }

    private static func read(_ count: Int, _ events: TaskEvents) async throws -> [String] {
        try await within(.testDeadline, "the events") {
            var names: [String] = []
            for try await event in events {
                names.append(name(event.change))
                if names.count == count { break }
            }
            return names
        }
    }

    @Test func resumesFromTheLastEvent() async throws {
        try await ScriptedServer.run { _, number in
            number == 1
                ? [.events("retry: 1\n\n: hello\n\n" + Self.event(5, "a", "PENDING")), .send("id: 6\nevent: task\nda"), .close]
                : [
                    .events(
                        Self.event(6, "a", "COMPLETED") + "id: 7\nevent: task_deleted\ndata: {\"id\":\"a\"}\n\nevent: news\ndata: x\n\n")
                ]
        } _: { client, server in
            let expected = ["opened", "a PENDING", "opened", "a COMPLETED", "deleted a", "other news"]
            let found = try await Self.read(6, client.events(after: "4"))
            #expect(found == expected)
            #expect(server.requests.map { $0.headers["last-event-id"] } == ["4", "5"])
        }
    }

    @Test func forgetsItsPositionAfterAReset() async throws {
        try await ScriptedServer.run { _, number in
            number == 1 ? [.events("retry: 1\n\nevent: reset\ndata: {}\n\n"), .close] : [.events("")]
        } _: { client, server in
            let found = try await Self.read(3, client.events(after: "4", ofBatch: "b"))
            #expect(found == ["opened", "reset", "opened"])
            #expect(server.requests.map { $0.headers["last-event-id"] } == ["4", nil])
            #expect(server.requests.map(\.path) == ["/api/events?batch=b", "/api/events?batch=b"])
        }
    }

    /// The stream begins with its position, so that what happens before the first event and the reconnect is not lost.
    @Test func resumesFromTheStartOfAStreamWithoutEvents() async throws {
        try await ScriptedServer.run { _, number in
            number == 1 ? [.events("retry: 1\n\nid: 3\n\n: heartbeat\n\n"), .close] : [.events(Self.event(5, "a", "PENDING"))]
        } _: { client, server in
            let found = try await Self.read(3, client.events())
            #expect(found == ["opened", "opened", "a PENDING"])
            #expect(server.requests.map { $0.headers["last-event-id"] } == [nil, "3"])
        }
    }

    /// In the same chunk as the reset, or in a later one.
    @Test(arguments: ["", "\n: pause\n\n"]) func resumesFromThePositionAfterAReset(pause: String) async throws {
        try await ScriptedServer.run { _, number in
            switch number {
            case 1: [.events("retry: 1\n\nid: 4\n\nevent: reset\ndata: {}\n\n" + pause), .send("id: 9\n\n"), .close]
            case 2: [.events("retry: 1\n\nid: 9\n\n" + Self.event(12, "a", "PENDING") + "id: 15\n\n"), .close]
            default: [.events("")]
            }
        } _: { client, server in
            let found = try await Self.read(5, client.events(after: "4"))
            #expect(found == ["opened", "reset", "opened", "a PENDING", "opened"])
            #expect(server.requests.map { $0.headers["last-event-id"] } == ["4", "9", "15"])
        }
    }

    /// Such as those that a proxy interrupts every minute.
    @Test func quietStreamsMayBeInterruptedAnyNumberOfTimes() async throws {
        try await ScriptedServer.run(retries: RetryOptions(attempts: 3, firstDelay: .milliseconds(1))) { _, number in
            number < 9 ? [.events("retry: 1\n\n: heartbeat\n\n"), .close] : [.events(Self.event(5, "a", "PENDING"))]
        } _: { client, server in
            let found = try await Self.read(10, client.events())
            #expect(found.last == "a PENDING")
            #expect(server.requests.count == 9)
        }
    }

    @Test func endsWhenItsTokenExpires() async throws {
        try await ScriptedServer.run { _, number in
            number == 1 ? [.events("retry: 1\n\n"), .close] : .problem(401, "token_expired")
        } _: { client, server in
            let problem = try await #require(throws: Problem.self) { try await Self.read(9, client.events()) }
            #expect(problem.code == "token_expired")
            #expect(server.requests.count == 2)
        }
    }

    @Test func givesUpOnASilentStream() async throws {
        try await ScriptedServer.run(retries: RetryOptions(attempts: 3, firstDelay: .milliseconds(1))) { _, _ in
            [.close]
        } _: { client, server in
            await #expect(throws: ClientError.self) { try await Self.read(9, client.events()) }
            #expect(server.requests.count == 3)
        }
    }

    // MARK: Waiting

    @Test func waitsForATaskByItsStream() async throws {
        try await ScriptedServer.run { request, _ in
            request.path == "/api/events?task=1"
                ? [.events(Self.event(1, "other", "COMPLETED") + Self.event(2, "1", "PROCESSING") + Self.event(3, "1", "COMPLETED"))]
                : .response(200, TaskText.json("1", "PENDING"))
        } _: { client, _ in
            let seen = Mutex<[String]>([])
            let task = try await client.wait(for: "1") { task in seen.withLock { $0.append(task.status.rawValue) } }
            #expect(task.status == .completed)
            #expect(seen.withLock { $0 } == ["PENDING", "PROCESSING", "COMPLETED"])
        }
    }

    /// The stream begins with the state of the task, so that nothing is missed.
    @Test func readsTheTaskOnceHoweverOftenTheStreamReconnects() async throws {
        let streams = Mutex(0)
        try await ScriptedServer.run { request, _ in
            guard request.path == "/api/events?task=1" else { return .response(200, TaskText.json("1", "PENDING")) }
            let number = streams.withLock { streams in
                streams += 1
                return streams
            }
            return number < 3
                ? [.events("retry: 1\n\n" + Self.event(number, "1", "PROCESSING")), .close] : [.events(Self.event(3, "1", "COMPLETED"))]
        } _: { client, server in
            let task = try await client.wait(for: "1")
            #expect(task.status == .completed)
            #expect(server.requests.map(\.path).filter { $0 != "/api/events?task=1" }.count == 1)
            #expect(server.requests.compactMap { $0.headers["last-event-id"] } == ["1", "2"])
        }
    }

    /// It may have ended before the client listened.
    @Test func readsTheTaskOnceTheStreamIsOpen() async throws {
        try await ScriptedServer.run { request, _ in
            request.path == "/api/events?task=1" ? [.events(": nothing\n\n")] : .response(200, TaskText.json("1", "FAILED"))
        } _: { client, _ in
            let task = try await client.wait(for: "1")
            #expect(task.status == .failed)
        }
    }

    @Test func pollsWithoutAStream() async throws {
        let looks = Mutex(0)
        try await ScriptedServer.run { request, _ in
            if request.path == "/api/events?task=1" { return .problem(429, "too_many_event_streams", "Retry-After: 3600") }
            let count = looks.withLock { looks in
                looks += 1
                return looks
            }
            return .response(200, TaskText.json("1", count == 1 ? "PENDING" : "COMPLETED"))
        } _: { client, _ in
            let task = try await client.wait(for: "1")
            #expect(task.status == .completed)
            #expect(looks.withLock { $0 } == 2)
        }
    }

    @Test func doesNotWaitForADeletedTask() async throws {
        try await ScriptedServer.run { request, _ in
            request.path == "/api/events?task=1"
                ? [.events("id: 1\nevent: task_deleted\ndata: {\"id\":\"1\"}\n\n")] : .response(200, TaskText.json("1", "PENDING"))
        } _: { client, _ in
            await #expect(throws: ClientError.taskDeleted("1")) { try await client.wait(for: "1") }
        }
        try await ScriptedServer.run { _, _ in
            .problem(404, "task_not_found")
        } _: { client, _ in
            let found = try await #require(throws: Problem.self) { try await client.wait(for: "1") }.status
            #expect(found == 404)
        }
    }

    @Test func waitTimesOut() async throws {
        try await ScriptedServer.run { request, _ in
            request.path == "/api/events?task=1" ? [.events(": nothing\n\n")] : .response(200, TaskText.json("1", "PENDING"))
        } _: { client, _ in
            await #expect(throws: ClientError.timedOut("the end of the task 1")) {
                try await client.wait(for: "1", within: .milliseconds(300))
            }
        }
    }
}
