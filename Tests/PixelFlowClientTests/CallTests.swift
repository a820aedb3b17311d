import Foundation
import PixelFlowClient
import RawHTTP
import Testing
import WireFormats

@Suite struct CallTests {
    @Test func connectsThroughWebOrDirectlyToTheServices() {
        #expect(Endpoints(web: "https://a.example//").auth == "https://a.example/auth")
        #expect(Endpoints(web: "https://a.example/").api == "https://a.example")
        #expect(Endpoints(auth: "http://a:1/", api: "http://b:2").auth == "http://a:1")
    }

    @Test func readsTasksOfLaterServices() async throws {
        try await ScriptedServer.run { _, _ in
            .response(200, TaskText.json("a/b", "PAUSED", outputs: #"[{"name":"x","status":"NEW","depth":9}]"#))
        } _: { client, server in
            let task = try await client.task("a/b")
            #expect(task.status.rawValue == "PAUSED")
            #expect(!task.status.isFinal)
            #expect(task.outputs.map(\.name) == ["x"])
            #expect(task.json["unknown"]?["a"] == 1)
            #expect(server.requests[0].path == "/api/tasks/a%2Fb")
            #expect(server.requests[0].headers["authorization"] == "Bearer secret")
        }
    }

    @Test func readsPageAfterPage() async throws {
        try await ScriptedServer.run { request, _ in
            let isFirst = !request.path.contains("cursor")
            let tasks = isFirst ? [TaskText.json("1", "PENDING"), TaskText.json("2", "FAILED")] : [TaskText.json("3", "COMPLETED")]
            return .response(200, #"{"tasks":[\#(tasks.joined(separator: ","))],"next_cursor":\#(isFirst ? "\"a b\"" : "null")}"#)
        } _: { client, server in
            var ids: [String] = []
            // bounded: by the time-out of each request; there are two.
            for try await task in client.tasks(TaskQuery(status: .failed, search: "x&y", pageSize: 2)) { ids.append(task.id) }
            #expect(ids == ["1", "2", "3"])
            #expect(
                server.requests.map(\.path) == [
                    "/api/tasks?status=FAILED&search=x%26y&limit=2", "/api/tasks?status=FAILED&search=x%26y&limit=2&cursor=a%20b",
                ])
        }
    }

    @Test(arguments: [(250, 250), (nil, 300), (3, 3)] as [(Int?, Int)])
    func listsTheRequestedNumber(_ limit: Int?, _ count: Int) async throws {
        try await ScriptedServer.run { request, number in
            let size = request.path.contains("limit=200") ? 200 : 3
            let tasks = (0..<(number == 2 ? 100 : size)).map { TaskText.json("\(number)-\($0)", "PENDING") }
            return .response(200, #"{"tasks":[\#(tasks.joined(separator: ","))],"next_cursor":\#(number == 1 ? "\"2\"" : "null")}"#)
        } _: { client, server in
            let tasks = try await client.list(upTo: limit)
            #expect(Set(tasks.map(\.id)).count == count)
            #expect(server.requests.count == (count > 200 ? 2 : 1))
        }
    }

    @Test func opensFillsAndClosesABatch() async throws {
        try await ScriptedServer.run { request, _ in
            switch request.path {
            case "/api/upload": .response(202, TaskText.json("1", "PENDING"))
            case "/api/batches/b/close":
                .response(
                    200,
                    #"""
                    {"id":"b","description":"Import","status":"closed","priority":"low","closed_at":"2026-01-02T03:04:05Z",
                    "counts":{"total":3,"pending":1,"processing":0,"completed":1,"failed":1,"cancelled":0}}
                    """#)
            case let path where path.hasPrefix("/api/tasks"): .response(200, #"{"tasks":[],"next_cursor":null}"#)
            case let path where path.hasPrefix("/api/batches?"):
                .response(200, #"{"batches":[{"id":"b","description":"","status":"later"}],"next_cursor":null}"#)
            default: .response(201, #"{"id":"b","description":"Import","status":"open"}"#)
            }
        } _: { client, server in
            let batch = try await client.createBatch(description: "Import", priority: .low)
            #expect(batch.status == .open && batch.counts == nil)
            _ = try await client.upload(Upload(.url("https://a.example/x.jpg"), batch: batch.id))
            let closed = try await client.closeBatch(batch.id)
            #expect(closed.status == .closed && closed.priority == .low && closed.closedAt?.timeIntervalSince1970 == 1_767_323_045)
            #expect(closed.counts?.total == 3 && closed.counts?.failed == 1)
            #expect(try await client.batches().map(\.status.rawValue) == ["later"])
            _ = try await client.list(TaskQuery(batch: "b"), upTo: 5)
            #expect(server.requests[0].body == #"{"description":"Import","priority":"low"}"#)
            #expect(server.requests[1].body == #"{"batch":"b","image_url":"https://a.example/x.jpg"}"#)
            #expect(
                server.requests.map(\.path) == [
                    "/api/batches", "/api/upload", "/api/batches/b/close", "/api/batches?limit=200", "/api/tasks?batch=b&limit=5",
                ])
        }
    }

    @Test func reportsTheHealthOfTheApi() async throws {
        try await ScriptedServer.run { _, number in
            switch number {
            case 1: .response(200, #"{"status":"degraded","checks":{"broker":"timed_out","task_database":"ok"}}"#)
            case 2: .response(503, #"{"status":"unavailable","checks":{"task_database":"failed","blob_store":"failed"}}"#)
            default: .problem(503, "busy")
            }
        } _: { client, server in
            let degraded = try await client.readiness()
            #expect(degraded.isReady)
            #expect(degraded.status == "degraded")
            #expect(degraded.failing == ["broker"])
            let unavailable = try await client.readiness()
            #expect(!unavailable.isReady)
            #expect(unavailable.failing == ["blob_store", "task_database"])
            let problem = try await #require(throws: Problem.self) { try await client.readiness() }
            #expect(problem.code == "busy")
            #expect(server.requests.map(\.path) == ["/readyz", "/readyz", "/readyz"])
        }
    }

    @Test func describesTheStateOfATask() async throws {
        try await ScriptedServer.run { _, _ in
            .response(200, TaskText.json("1", "PENDING"), "ETag: \"1-7\"")
        } _: { client, _ in
            let task = try await client.task("1")
            #expect(task.etag == "\"1-7\"")
        }
    }

    @Test func readsTheSignedInAccount() async throws {
        try await ScriptedServer.run { request, _ in
            switch request.path {
            case "/auth/login": .response(200, #"{"token":"t","token_type":"Bearer","expires_in":3600}"#)
            default: .response(200, #"{"valid":true,"user_id":"u","email":"e","tenant":"t","expires_at":"2026-01-02T03:04:05Z"}"#)
            }
        } _: { client, server in
            let login = try await client.logIn(email: "a@example.com", password: "p\"w")
            #expect(login.token == "t")
            #expect(login.expiresIn == .seconds(3600))
            #expect(server.requests[0].body == #"{"email":"a@example.com","password":"p\"w"}"#)
            let identity = try await client.authenticated(with: login.token).validate()
            #expect(identity.userID == "u")
            #expect(identity.expiresAt?.timeIntervalSince1970 == 1_767_323_045)
            #expect(server.requests[1].headers["authorization"] == "Bearer t")
        }
    }
}
