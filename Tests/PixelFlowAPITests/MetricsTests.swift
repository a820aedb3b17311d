import HTTPTypes
import HummingbirdTesting
import Prometheus
import Testing

@Suite struct MetricsTests {
    @Test func repeatedUploadsCountOneTask() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            _ = try await ada.task(headers: [.idempotencyKey: "one"])
            _ = try await ada.task(headers: [.idempotencyKey: "one"])
            _ = try await ada.post(json: #"{"image_url":"https://example.org/a.png"}"#)
            _ = try await ada.post(json: #"{"image_url":"nonsense"}"#)
        }
        #expect(harness.registry[#"tasks_created_total{source="upload"}"#] == 1)
        #expect(harness.registry[#"tasks_created_total{source="url"}"#] == 1)
        #expect(harness.registry[#"api_requests_total{endpoint="/api/upload",method="POST",status="202"}"#] == 3)
        #expect(harness.registry[#"api_requests_total{endpoint="/api/upload",method="POST",status="422"}"#] == 1)
    }

    @Test func cancellingAWaitingTaskCountsItAsFinished() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            #expect(try await ada.send(.post, "/api/tasks/\(id)/cancel").status == .accepted)
            #expect(try await ada.send(.post, "/api/tasks/\(id)/cancel").status == .conflict)
        }
        #expect(harness.registry[#"tasks_finished_total{error_code="",status="CANCELLED"}"#] == 1)
        #expect(harness.registry[#"task_duration_seconds_count{status="CANCELLED"}"#] == 1)
    }

    @Test func requestsOfAllTasksShareOneEndpointLabel() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            for _ in 0..<3 { _ = try await ada.get("/api/tasks/\(try await ada.task())") }
        }
        #expect(harness.registry[#"api_requests_total{endpoint="/api/tasks/{id}",method="GET",status="200"}"#] == 3)
    }
}

extension PrometheusRegistry {
    /// The value of a series; labels must be sorted by name.
    subscript(series: String) -> Double? {
        String(decoding: text(), as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }
}
