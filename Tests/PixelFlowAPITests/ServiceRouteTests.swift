import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import Testing

/// Statistics, probes, and properties of all responses.
@Suite struct ServiceRouteTests {
    @Test func statisticsCountByStatus() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            _ = try await ada.task(image: "a")
            try await harness.complete(try await ada.task(image: "b"))
            try await harness.fail(try await ada.task(image: "c"), code: "truncated_image")
            let statistics = try await ada.get("/api/stats").object()
            let counts = try #require(statistics["counts"] as? [String: Int])
            #expect(counts == ["PENDING": 1, "PROCESSING": 0, "COMPLETED": 1, "FAILED": 1, "CANCELLED": 0])
            #expect((statistics["throughput"] as? [String: Int])?["completed_last_minute"] == 1)
            #expect(statistics["failures"] as? [String: Int] == ["truncated_image": 1])
            #expect(statistics["oldest_pending_seconds"] is Double)
            let minutes = try #require(statistics["minutes"] as? [[String: Any]])
            #expect(minutes.count == 60)
            #expect(minutes.compactMap { $0["completed"] as? Int }.reduce(0, +) == 1)
            #expect(minutes.compactMap { $0["failed"] as? Int }.reduce(0, +) == 1)
            #expect((statistics["queue_latency_seconds"] as? [String: Any])?["p95"] != nil)
        }
    }

    @Test func statisticsIncludePriorities() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            for query in ["?priority=high", "", "?priority=low", "?priority=low"] { _ = try await ada.post(image: "bytes", query: query) }
            try await harness.complete(try await ada.post(image: "bytes", query: "?priority=low").taskID())
            _ = try await bob.post(image: "bytes", query: "?priority=high")
            let priorities = try #require(try await ada.get("/api/stats").object()["priorities"] as? [String: [String: Any]])
            #expect(priorities.mapValues { $0["waiting"] as? Int } == ["high": 1, "normal": 1, "low": 2])
            #expect((priorities["low"]?["queue_latency_seconds"] as? [String: Any])?["p50"] is Double)
            #expect((priorities["high"]?["queue_latency_seconds"] as? [String: Any])?.isEmpty == true)
        }
    }

    @Test(arguments: ["/health", "/livez", "/readyz"])
    func probesNeedNoToken(_ path: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.client.execute(uri: path, method: .get)
            #expect(response.status == .ok)
            #expect(try response.object()["status"] as? String == "ok")
        }
    }

    @Test(arguments: ["/api/tasks", "/api/presets", "/api/stats", "/api/events", "/api/tasks/01890000-0000-7000-8000-000000000000"])
    func allOtherRoutesNeedAToken(_ path: String) async throws {
        try await APIHarness().run { ada, _ in
            #expect(try await ada.client.execute(uri: path, method: .get).status == .unauthorized)
            var stranger = ada
            stranger.token = "e30.e30.e30"
            let response = try await stranger.get(path)
            #expect(response.status == .unauthorized)
            #expect(response.code == "token_invalid")
        }
    }

    @Test func everyResponseHasARequestID() async throws {
        try await APIHarness().run { ada, _ in
            let id = try #require(HTTPField.Name("x-request-id"))
            #expect(try await ada.get("/api/tasks").headers[id]?.isEmpty == false)
            let given = try await ada.get("/api/tasks/none", headers: [id: "from-the-proxy-1"])
            #expect(given.headers[id] == "from-the-proxy-1")
            #expect(try given.object()["request_id"] as? String == "from-the-proxy-1")
        }
    }

    @Test func unsupportedMethodsAreRefused() async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.send(.put, "/api/tasks")
            #expect(response.status == .methodNotAllowed)
            #expect(response.headers[.allow]?.contains("GET") == true)
        }
    }
}
