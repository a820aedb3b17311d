import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowAuth
import PixelFlowCore
import PixelFlowHTTP
import Synchronization
import Testing
import WireFormats

/// The examples in the descriptions are real responses of the services. `scripts/docs` updates them.
@Suite struct RecordedExampleTests {
    private let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources").standardizedFileURL

    @Test func theExamplesOfApiAreCurrent() async throws {
        let harness = try await APIHarness()
        let examples = Examples()
        try await harness.run { ada, _ in
            let upload: JSONValue = ["image_url": "https://example.com/cat.jpg", "preset": "web"]
            try examples.add("upload", sent: upload, try await ada.post(json: upload.text()))
            try examples.add("upload", try await ada.post(json: #"{"image_url":"https://example.com/cat.jpg","preset":"wbe"}"#))
            let id = try await ada.post(form: [(#"name="file"; filename="cat.png""#, "bytes"), (#"name="preset""#, "thumbnail")]).taskID()
            try await harness.complete(id, output: "thumbnail")
            try examples.add("getTask", try await ada.get("/api/tasks/\(id)"))
            try examples.add("getTask", try await ada.get("/api/tasks/\(TaskID.make(at: Timestamp(microseconds: 0)))"))
            try examples.add("cancelTask", try await ada.send(.post, "/api/tasks/\(id)/cancel"))
            try examples.add("listTasks", try await ada.get("/api/tasks?limit=1&status=COMPLETED"))
            try examples.add("getStatistics", try await ada.get("/api/stats"))
            try examples.add("getUsage", try await ada.get("/api/usage"))
            var operators = ada
            operators.token = APIHarness.secret
            let quota: JSONValue = ["tasks_per_month": 10_000, "bytes_stored": 50_000_000_000, "retention_days": 30]
            let path = "/api/organisations/\(try await harness.tenant(of: ada.token))/quota"
            try examples.add("putQuota", sent: quota, try await operators.send(.put, path, body: ByteBuffer(string: quota.text())))
            let pipeline: JSONValue = [
                "outputs": [["name": "small", "format": "webp", "operations": [["op": "resize", "width": 320, "height": 320]]]]
            ]
            try examples.add(
                "putPreset", sent: pipeline, try await ada.send(.put, "/api/presets/small", body: ByteBuffer(string: pipeline.text())))
            try examples.add("getPreset", try await ada.get("/api/presets/small"))
            let webhook: JSONValue = ["url": "https://example.com/hook", "events": ["task.completed"], "description": "shop"]
            try examples.add("createWebhook", sent: webhook, try await ada.post(json: webhook.text(), to: "/api/webhooks"))
            let batch: JSONValue = ["description": "Import", "priority": "low"]
            let opened = try await ada.post(json: batch.text(), to: "/api/batches")
            try examples.add("createBatch", sent: batch, opened)
            let batchID = try #require(try opened.object()["id"] as? String)
            _ = try await ada.post(image: "bytes", query: "?batch=\(batchID)")
            try examples.add("closeBatch", try await ada.send(.post, "/api/batches/\(batchID)/close"))
            try examples.add("listBatches", try await ada.get("/api/batches?limit=1"))
            let wrong: JSONValue = ["outputs": [["name": "small", "quality": 101]]]
            try examples.add("checkPipeline", sent: wrong, try await ada.post(json: wrong.text(), to: "/api/pipelines/check"))
        }
        try check(examples, in: "PixelFlowAPI/RecordedExamples.swift")
    }

    @Test func theExamplesOfAuthAreCurrent() async throws {
        let harness = try await APIHarness()
        let examples = Examples()
        try await Application(router: harness.auth.router()).test(.router) { client in
            let credentials: JSONValue = ["email": "ada@example.org", "password": "correct horse battery"]
            let wrong: JSONValue = ["email": "ada@example.org", "password": "correct horse batteries"]
            func post(_ path: String, _ body: JSONValue) async throws -> TestResponse {
                try await client.execute(uri: path, method: .post, body: ByteBuffer(string: body.text()))
            }
            try examples.add("getRegistration", try await client.execute(uri: "/register", method: .get))
            try examples.add("register", sent: credentials, try await post("/register", credentials))
            try examples.add("register", try await post("/register", credentials))
            let login = try await post("/login", credentials)
            try examples.add("login", sent: credentials, login)
            try examples.add("login", try await post("/login", wrong))
            let token = try #require(try login.object()["token"] as? String)
            let headers: HTTPFields = [.authorization: "Bearer \(token)"]
            try examples.add("validateToken", try await client.execute(uri: "/validate", method: .get, headers: headers))
            func send(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil) async throws -> TestResponse {
                try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0.text()) })
            }
            let refresh: JSONValue = ["refresh_token": .string(try #require(try login.object()["refresh_token"] as? String))]
            let placeholder: JSONValue = ["refresh_token": "pf_refresh_01990f5e-7c1a-7b3c-8d2e-0123456789ab.1.c2lnbmF0dXJl"]
            try examples.add("refreshToken", sent: placeholder, try await post("/token", refresh))
            try examples.add("listSessions", try await send(.get, "/sessions"))
            try examples.add("getMe", try await send(.get, "/me"))
            let works: JSONValue = ["name": "Works"]
            let made = try await send(.post, "/organisations", works)
            try examples.add("createOrganisation", sent: works, made)
            let id = try #require(try made.object()["id"] as? String)
            try examples.add("getOrganisation", try await send(.get, "/organisations/\(id)"))
            try examples.add("listMembers", try await send(.get, "/organisations/\(id)/members"))
            let invitation: JSONValue = ["email": "bob@example.org", "role": "member"]
            try examples.add("invite", sent: invitation, try await send(.post, "/organisations/\(id)/invitations", invitation))
            let key: JSONValue = ["name": "site", "scopes": ["tasks:read", "tasks:write", "outputs:read"], "networks": ["203.0.113.0/24"]]
            try examples.add("createKey", sent: key, try await send(.post, "/keys", key))
            try examples.add("listKeys", try await send(.get, "/keys"))
            try examples.add("listAudit", try await send(.get, "/audit?action=key.created"))
            try examples.add("getKeys", try await client.execute(uri: "/.well-known/jwks.json", method: .get))
        }
        try check(examples, in: "PixelFlowAuth/Routes/RecordedExamples.swift")
    }

    private func check(_ examples: Examples, in file: String) throws {
        let url = sources.appending(path: file)
        if ProcessInfo.processInfo.environment["PIXELFLOW_RENEW_TABLES"] != nil {
            try examples.source.write(to: url, atomically: true, encoding: .utf8)
        } else {
            #expect(try String(contentsOf: url, encoding: .utf8) == examples.source, "\(file) differs from the responses: run `make docs`")
        }
    }
}

/// Recorded bodies, as source code that is compiled into a service.
private final class Examples: Sendable {
    private let all = Mutex<[String: JSONValue]>([:])

    func add(_ operation: String, sent: JSONValue? = nil, _ response: TestResponse) throws {
        if let sent { all.withLock { $0["\(operation) body"] = sent } }
        let received = try JSONValue(parsing: response.body.readableBytesView)
        all.withLock { $0["\(operation) \(response.status.code)"] = Self.withoutChance(received) }
    }

    var source: String {
        let entries = all.withLock { $0.sorted { $0.key < $1.key } }.map { key, value in
            let lines = value.text(pretty: true).split(separator: "\n").map { "            \($0)\n" }.joined()
            return "        \"\(key)\": #\"\"\"\n\(lines)            \"\"\"#,\n"
        }
        return """
            // Written by `make docs`.
            // swift-format-ignore-file

            /// Requests that a test has sent, and the responses that came back, by operation; ids, times and secrets are replaced.
            enum RecordedExamples {
                static let all: [String: String] = [
            \(entries.joined())    ]
            }

            """
    }

    /// Replaces what differs from run to run with constants.
    private static func withoutChance(_ value: JSONValue, key: String = "") -> JSONValue {
        switch value {
        case .object(let members): .object(Dictionary(uniqueKeysWithValues: members.map { ($0.key, withoutChance($0.value, key: $0.key)) }))
        // One minute of sixty, and one day of ninety, are sufficient.
        case .array(let elements):
            .array((["minutes", "days"].contains(key) ? Array(elements.prefix(1)) : elements).map { withoutChance($0, key: key) })
        case .string(let text): .string(fixed(text, key: key))
        // Seconds since something.
        case .number: key.hasPrefix("p") && key != "progress" || key.contains("seconds") ? .number(0.25) : value
        default: value
        }
    }

    private static func fixed(_ text: String, key: String) -> String {
        switch key {
        case "id", "user_id", "tenant", "next_cursor", "session_id", "organisation", "created_by", "invited_by", "actor", "target":
            "01990f5e-7c1a-7b3c-8d2e-0123456789ab"
        case "url": text.replacing(/tasks\/[^\/]+/, with: "tasks/01990f5e-7c1a-7b3c-8d2e-0123456789ab")
        case "created_at", "updated_at", "started_at", "completed_at", "closed_at", "next_run_at", "at", "start", "end", "expires_at",
            "since",
            "last_used_at":
            "2026-01-15T09:30:00.000Z"
        case "request_id": "4b2f0c9d8e7a6b5c4d3e2f1a0b9c8d7e"
        case "token": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
        case "refresh_token": "pf_refresh_01990f5e-7c1a-7b3c-8d2e-0123456789ab.1.c2lnbmF0dXJl"
        case "key": "pf_live_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG1x7QzK"
        case "secret" where text.hasPrefix("whsec_"): "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
        case "hint": "7QzK"
        case "kid": "2026-01"
        case "x", "y": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
        default: text
        }
    }
}
