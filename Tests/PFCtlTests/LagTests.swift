import FakeKubernetes
import KubernetesClient
import PFCtl
import StubService
import Synchronization
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct LagTests {
    /// The metrics of a worker, which advance by ten tasks with each request.
    private final class Worker: Sendable {
        let finished = Mutex(100)
        let lines: [String]

        init(_ lines: [String]) { self.lines = lines }

        var text: String {
            let count = finished.withLock { count in
                count += 10
                return count
            }
            return (["# TYPE kafka_consumer_lag gauge"] + lines + [#"tasks_finished_total{status="COMPLETED",error_code=""} \#(count)"#])
                .joined(separator: "\n") + "\n"
        }
    }

    private static func partition(_ number: Int, lag: Int, committed: Int? = nil) -> [String] {
        let labels = #"{topic="image-tasks",partition="\#(number)"}"#
        let lines = ["kafka_consumer_lag\(labels) \(lag)"]
        guard let committed else { return lines }
        return lines + ["kafka_committed_offset\(labels) \(committed)", "kafka_end_offset\(labels) \(committed + lag)"]
    }

    /// - Parameter workers: Metrics lines of each of the three; a worker with nil does not respond.
    private static func run(_ workers: [[String]?], _ body: @Sendable (FakePixelFlow, [String]) async throws -> Void) async throws {
        try await FakePixelFlow.run { pixelflow in
            let pods = pixelflow.pods(of: "worker").sorted()
            for (pod, lines) in zip(pods, workers) {
                guard let lines else { continue }
                let worker = Worker(lines)
                let service = try await StubService.start { $0.path == "/metrics" ? (200, worker.text) : (404, "") }
                pixelflow.cluster.expose(pod: pod, port: 8_081, namespace: FakePixelFlow.namespace, localPort: service.port)
            }
            try await body(pixelflow, pods)
        }
    }

    @Test func combinesTheReportsOfAllWorkers() async throws {
        try await Self.run([Self.partition(1, lag: 4), Self.partition(0, lag: 0), Self.partition(2, lag: 6)]) { pixelflow, pods in
            let outcome = await pixelflow.pfctl("lag", "--sample", "0")
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines[0] == "TOPIC        PARTITION  LAG  MEMBER")
            #expect(lines[1] == "image-tasks          0    0  \(pods[1])")
            #expect(lines[2] == "image-tasks          1    4  \(pods[0])")
            #expect(lines[3] == "image-tasks          2    6  \(pods[2])")
            #expect(lines.contains("10 behind"))
            #expect(await pixelflow.pfctl("lag", "--sample", "0", "-o", "name").output.hasPrefix("partition/image-tasks-0\n"))
        }
    }

    @Test func reportsOffsetsAndTheTimeToDrain() async throws {
        try await Self.run([Self.partition(0, lag: 40, committed: 960), Self.partition(1, lag: 0, committed: 5), []]) { pixelflow, _ in
            let outcome = await pixelflow.pfctl("lag", "--sample", "100ms", "-o", "json")
            let json = try JSONValue(parsing: Array(outcome.output.utf8))
            #expect(json["lag"] == 40)
            #expect(json["partitions"]?[0]?["committed"] == 960)
            #expect(json["partitions"]?[0]?["end"] == 1_000)
            let rate = try #require(json["finished_per_second"]?.doubleValue)
            #expect(rate > 0 && rate < 300, "30 tasks in at least a tenth of a second")
            #expect(try #require(json["drain_seconds"]?.intValue) >= 1)
            #expect(
                await pixelflow.pfctl("lag", "--sample", "0").output.hasPrefix("TOPIC        PARTITION  COMMITTED   END  LAG  MEMBER\n"))
        }
    }

    @Test func saysWhichWorkerDidNotRespond() async throws {
        try await Self.run([Self.partition(0, lag: 0), nil, []]) { pixelflow, pods in
            let outcome = await pixelflow.pfctl("lag", "-o", "json")
            #expect(outcome.status == .degraded)
            #expect(outcome.errors.contains("warning: \(pods[1]): "))
            let json = try JSONValue(parsing: Array(outcome.output.utf8))
            #expect(json["is_complete"] == false)
            #expect(json["drain_seconds"] == nil, "the time to drain is unknown without the other worker")
        }
    }

    @Test func showsUnassignedPartitions() async throws {
        try await Self.run([Self.partition(0, lag: 4), Self.partition(2, lag: 0), []]) { pixelflow, pods in
            pixelflow.setPartitions(5)
            let outcome = await pixelflow.pfctl("lag", "--sample", "0")
            #expect(outcome.status == .degraded)
            #expect(outcome.output.contains("\nimage-tasks          1    ?  none\n"))
            #expect(outcome.output.hasSuffix("\nat least 4 behind\n3 of 5 partitions are held by no worker\n"))
            let json = try JSONValue(parsing: Array(await pixelflow.pfctl("lag", "--sample", "0", "-o", "json").output.utf8))
            #expect(json["untold_partitions"] == [1, 3, 4])
            #expect(json["partition_count"] == 5)
            // Without the setting, only the gap below partition 2 is visible.
            pixelflow.setPartitions(nil)
            #expect(await pixelflow.pfctl("lag", "--sample", "0").output.contains("1 of 3 partitions is held by no worker"))
        }
    }

    @Test func failsIfNoWorkerRunsOrResponds() async throws {
        try await Self.run([nil, nil, nil]) { pixelflow, _ in
            #expect(await pixelflow.pfctl("lag").status != .ok)
            #expect(await pixelflow.pfctl("lag").output.isEmpty)
        }
        try await Self.run([[], [], []]) { pixelflow, pods in
            #expect(await pixelflow.pfctl("lag").output == "no worker holds a partition at the moment\n")
            for pod in pods { pixelflow.cluster.delete(.pods, pod, namespace: FakePixelFlow.namespace) }
            let outcome = await pixelflow.pfctl("lag")
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("error: no worker is running"))
        }
    }
}
