import Conformance
import NIOCore
import PixelFlowCore
import Prometheus
import Testing

@Suite struct MetricsTests {
    @Test func aTaskIsCountedFromItsClaimToItsOutputs() async throws {
        let harness = try WorkerHarness()
        let pipeline = Pipeline(outputs: [OutputSpec(name: "good"), OutputSpec(name: "bad", format: .fixed(.avif))])
        let renderer = ScriptedRenderer { _, job in
            .report(job) { name in
                guard name == "good" else { return .failure(OutputError(code: "output_failed", message: "No.")) }
                return .success(RenderedImage(format: .webp, width: 1, height: 1, bytes: ByteBuffer(string: "1234567")))
            }
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add(pipeline, lane: .low)
            worker.enqueue(task)
            try await harness.final(task.id)
            try await waitFor(#"tasks_finished_total{error_code="",status="COMPLETED"}"#, 1, harness.registry)
            try await waitFor("worker_slots_busy", 0, harness.registry)
        }
        let seen = harness.registry
        #expect(seen["worker_slots"] == 2)
        #expect(seen[#"task_queue_latency_seconds_count{lane="low"}"#] == 1)
        for lane in ["high", "normal"] { #expect(seen[#"task_queue_latency_seconds_count{lane="\#(lane)"}"#] == 0, "\(lane)") }
        #expect(seen[#"task_duration_seconds_count{status="COMPLETED"}"#] == 1)
        #expect(seen[#"source_bytes_total{source="upload"}"#] == 5)
        #expect(seen[#"render_duration_seconds_count{format="png"}"#] == 1)
        #expect(seen[#"outputs_total{format="webp",status="completed"}"#] == 1)
        #expect(seen[#"outputs_total{format="avif",status="failed"}"#] == 1)
        #expect(seen[#"output_bytes_total{format="webp"}"#] == 7)
        #expect(seen[#"dispatched_total{outcome="published"}"#] ?? 0 >= 1)
    }

    @Test func retriesAndFailuresAreCountedByReason() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer { call, _ in
            switch call {
            case 1: throw FailureClassTests.error(.outage, "blob_store_unavailable")
            case 2: throw FailureClassTests.error(.crash, "render_crashed")
            case 3: throw FailureClassTests.error(.transient, "source_timeout")
            case 4: throw FailureClassTests.error(.killed, "render_killed")
            default: throw FailureClassTests.error(.permanent, "something_nobody_knows")
            }
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            try await harness.final(task.id)
            try await waitFor(#"tasks_finished_total{error_code="other",status="FAILED"}"#, 1, harness.registry)
        }
        for reason in ["outage", "crash", "transient", "killed"] {
            #expect(harness.registry[#"task_retries_total{reason="\#(reason)"}"#] == 1, "\(reason)")
        }
        #expect(harness.registry[#"task_retries_total{reason="interrupted"}"#] == 0)
    }

    @Test func fetchesAreTimedByTheirOutcome() async throws {
        let harness = try WorkerHarness()
        let fetcher = ScriptedFetcher { url in
            guard url == "good" else { throw FailureClassTests.error(.permanent, "source_not_found") }
            return FetchedSource(bytes: ByteBuffer(string: "fetched"), contentType: nil)
        }
        try await harness.run(fetcher: fetcher) { worker in
            for url in ["good", "bad"] {
                let task = try await harness.add(url: url)
                worker.enqueue(task)
                try await harness.final(task.id)
            }
        }
        #expect(harness.registry[#"source_fetch_duration_seconds_count{outcome="ok"}"#] == 1)
        #expect(harness.registry[#"source_fetch_duration_seconds_count{outcome="source_not_found"}"#] == 1)
        #expect(harness.registry[#"source_bytes_total{source="url"}"#] == 7)
    }

    private func waitFor(_ series: String, _ value: Double, _ registry: PrometheusRegistry) async throws {
        _ = try await eventually("\(series) to be \(value)") { registry[series] == value ? true : nil }
    }
}

extension PrometheusRegistry {
    /// The value of a series, named with its labels in alphabetical order.
    subscript(series: String) -> Double? {
        String(decoding: text(), as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }
}
