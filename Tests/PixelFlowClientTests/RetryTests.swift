import Deadlines
import PixelFlowClient
import RawHTTP
import Testing

@Suite struct RetryTests {
    @Test func describesProblems() async throws {
        try await ScriptedServer.run { _, _ in
            .problem(422, "invalid_value")
        } _: { client, server in
            let problem = try await #require(throws: Problem.self) { try await client.task("1") }
            #expect(problem.status == 422)
            #expect(problem.code == "invalid_value")
            #expect(problem.detail == "D")
            #expect(problem.field == "f")
            #expect(problem.requestID == "r-1")
            #expect(problem.retryAfter == nil)
            #expect("\(problem)" == "D (invalid_value)")
            #expect(server.requests.count == 1)
        }
    }

    @Test func describesResponsesOfOtherServers() async throws {
        try await ScriptedServer.run(retries: .none) { _, _ in
            .response(502, "<html>", "X-Request-Id: r-9")
        } _: { client, _ in
            let problem = try await #require(throws: Problem.self) { try await client.task("1") }
            #expect(problem.code == "http_502")
            #expect(problem.requestID == "r-9")
        }
    }

    @Test(arguments: [429, 502, 503, 504, 507])
    func retriesReadsAfterTransientErrors(_ status: Int) async throws {
        try await ScriptedServer.run { _, number in
            number < 3 ? .problem(status, "x", "Retry-After: 0") : .response(200, TaskText.json("1", "PENDING"))
        } _: { client, server in
            let found = try await client.task("1").id
            #expect(found == "1")
            #expect(server.requests.count == 3)
        }
    }

    @Test func retriesReadsAfterBrokenConnections() async throws {
        try await ScriptedServer.run { _, number in
            switch number {
            case 1: [.close]
            case 2: [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), .close]
            default: .response(200, TaskText.json("1", "PENDING"))
            }
        } _: { client, server in
            let found = try await client.task("1").id
            #expect(found == "1")
            #expect(server.requests.count == 3)
        }
    }

    @Test func retriesReadsWithoutAResponse() async throws {
        try await ScriptedServer.run(requestTimeout: .milliseconds(200)) { _, number in
            number == 1 ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")] : .response(200, TaskText.json("1", "PENDING"))
        } _: { client, server in
            let found = try await client.task("1").id
            #expect(found == "1")
            #expect(server.requests.count >= 2)
        }
    }

    @Test func givesUpAfterItsAttempts() async throws {
        try await ScriptedServer.run(retries: RetryOptions(attempts: 3, firstDelay: .milliseconds(1))) { _, _ in
            .problem(503, "busy")
        } _: { client, server in
            let found = try await #require(throws: Problem.self) { try await client.delete("1") }.code
            #expect(found == "busy")
            #expect(server.requests.count == 3)
        }
    }

    @Test func doesNotWaitLongerThanItMay() async throws {
        try await ScriptedServer.run { _, _ in
            .problem(503, "busy", "Retry-After: 3600")
        } _: { client, server in
            let problem = try await #require(throws: Problem.self) { try await client.task("1") }
            #expect(problem.retryAfter == .seconds(3600))
            #expect(server.requests.count == 1)
        }
    }

    /// By the clock of the service: that of the client may be wrong.
    @Test func readsDatesOfRetryAfter() async throws {
        try await ScriptedServer.run(retries: .none) { _, _ in
            .problem(503, "busy", "Date: Sun, 06 Nov 1994 08:49:00 GMT", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT")
        } _: { client, _ in
            let found = try await #require(throws: Problem.self) { try await client.task("1") }.retryAfter
            #expect(found == .seconds(37))
        }
    }

    /// Sending these twice could do more than sending them once.
    @Test func repeatsNoOtherChanges() async throws {
        try await ScriptedServer.run { _, _ in
            .problem(503, "busy", "Retry-After: 0")
        } _: { client, server in
            await #expect(throws: Problem.self) { try await client.cancel("1") }
            await #expect(throws: Problem.self) { try await client.replay("1") }
            await #expect(throws: Problem.self) { try await client.logIn(email: "a", password: "b") }
            #expect(server.requests.map(\.path) == ["/api/tasks/1/cancel", "/api/tasks/1/replay", "/auth/login"])
        }
    }

    /// The first attempt was carried out: only its response is lost.
    @Test(arguments: [[.close], .problem(504, "x", "Retry-After: 0")] as [[ScriptedServer.Step]])
    func treatsNotFoundOnARetryAsDeleted(_ lost: [ScriptedServer.Step]) async throws {
        try await ScriptedServer.run { _, number in
            number.isMultiple(of: 2) ? .problem(404, "not_found") : lost
        } _: { client, server in
            try await client.delete("1")
            try await client.deletePreset("mine")
            #expect(server.requests.map(\.path) == ["/api/tasks/1", "/api/tasks/1", "/api/presets/mine", "/api/presets/mine"])
        }
    }

    @Test func reportsThatThereWasNothingToDelete() async throws {
        try await ScriptedServer.run { _, number in
            // An attempt that was refused has deleted nothing.
            number == 1 ? .problem(429, "rate_limited", "Retry-After: 0") : .problem(404, "not_found")
        } _: { client, server in
            for _ in 1...2 {
                let problem = try await #require(throws: Problem.self) { try await client.delete("1") }
                #expect(problem.status == 404)
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test func reportsAnUnreachableServer() async throws {
        let client = PixelFlowClient(Endpoints(web: "http://127.0.0.1:1"), retries: .none)
        await #expect { try await client.presets() } throws: { error in
            guard case ClientError.unreachable = error else { return false }
            return true
        }
    }

    @Test func canBeCancelled() async throws {
        try await ScriptedServer.run { _, _ in
            []
        } _: { client, server in
            let call = Task { try await client.task("1") }
            try await eventually("the request") { !server.requests.isEmpty }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value("the call to end") }
        }
    }
}
