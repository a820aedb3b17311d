import FakeKubernetes
import KubernetesClient
import PFCtl
import StubService
import Synchronization
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct ScaleDownTests {
    /// An api whose tasks are running until workers have been removed.
    private final class Tasks: Sendable {
        private struct State {
            var ids: [String] = []
            var deleted: [String] = []
        }

        private let state = Mutex(State())
        private let isScaledDown: @Sendable () -> Bool
        /// The final status of the tasks with these numbers.
        private let ends: [Int: String]

        init(ends: [Int: String] = [:], isScaledDown: @escaping @Sendable () -> Bool) {
            self.ends = ends
            self.isScaledDown = isScaledDown
        }

        var deleted: Int { state.withLock { $0.deleted.count } }

        func respond(_ call: StubService.Call) -> (status: Int, body: String) {
            guard call.authorization == "Bearer good" else { return (401, #"{"detail":"No.","code":"token_invalid"}"#) }
            let words = call.path.split(separator: "?")[0].split(separator: "/").map(String.init)
            switch (call.method, words.count) {
            case ("POST", 2): return (202, add())
            case ("GET", 3): return look(words[2])
            case ("GET", 5): return words[2] == "task-3" && ends[3] == "bare" ? Self.missing : (200, "pixels")
            case ("DELETE", 3):
                state.withLock { $0.deleted.append(words[2]) }
                return (204, "")
            default: return Self.missing
            }
        }

        private static let missing = (404, #"{"detail":"There is no such resource.","code":"not_found"}"#)

        private func add() -> String {
            state.withLock { state in
                state.ids.append("task-\(state.ids.count)")
                return Self.task(state.ids[state.ids.count - 1], "PENDING")
            }
        }

        private func look(_ id: String) -> (Int, String) {
            let number = Int(id.dropFirst(5)) ?? 0
            guard isScaledDown() else { return (200, Self.task(id, "PROCESSING")) }
            switch ends[number] {
            case "gone": return Self.missing
            case "failed": return (200, Self.task(id, "FAILED", #","error":{"code":"lost","message":"Lost."}"#))
            default:
                let output = #","outputs":[{"name":"image","status":"COMPLETED","format":"webp","width":8,"height":6,"bytes":6}]"#
                return (200, Self.task(id, "COMPLETED", output, attempts: number == 0 ? 2 : 1))
            }
        }

        private static func task(_ id: String, _ status: String, _ more: String = "", attempts: Int = 1) -> String {
            #"{"id":"\#(id)","status":"\#(status)","attempts":\#(attempts)\#(more)}"#
        }
    }

    private static let environment = ["PFCTL_TOKEN": "good", "NO_COLOR": "1"]

    private static func run(
        ends: [Int: String] = [:], autoscaled: Bool = true,
        isScaledDown: @escaping @Sendable (FakePixelFlow) -> Bool = { $0.replicas(of: "worker") == 1 },
        _ body: @Sendable (FakePixelFlow, Tasks) async throws -> Void
    ) async throws {
        try await FakePixelFlow.run { pixelflow in
            if !autoscaled { pixelflow.cluster.delete(.horizontalPodAutoscalers, "pixelflow-worker", namespace: FakePixelFlow.namespace) }
            let tasks = Tasks(ends: ends) { isScaledDown(pixelflow) }
            let service = try await StubService.start { tasks.respond($0) }
            for pod in pixelflow.pods(of: "api") {
                pixelflow.cluster.expose(pod: pod, port: 8_080, namespace: FakePixelFlow.namespace, localPort: service.port)
            }
            let controllers = pixelflow.cluster.runControllers(namespace: FakePixelFlow.namespace)
            defer { controllers.cancel() }
            try await body(pixelflow, tasks)
            await service.stop()
        }
    }

    private static func bounds(_ pixelflow: FakePixelFlow) -> [Int?] {
        let spec = pixelflow.cluster.object(.horizontalPodAutoscalers, "pixelflow-worker", namespace: FakePixelFlow.namespace)?["spec"]
        return [spec?["minReplicas"]?.intValue, spec?["maxReplicas"]?.intValue]
    }

    @Test(arguments: [true, false]) func scalesWorkersDownAndBackUp(autoscaled: Bool) async throws {
        try await Self.run(autoscaled: autoscaled) { pixelflow, tasks in
            let outcome = await pixelflow.pfctl(
                "test", "scale-down", "--width", "16", "--tasks", "6", "-o", "json", environment: Self.environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let figures = try JSONValue(parsing: Array(outcome.output.utf8))
            #expect(figures["lossless"] == true && figures["completed"] == 6 && figures["begun_again"] == 1, "\(outcome.output)")
            #expect(figures["workers_before"] == 3 && figures["workers_left"] == 1)
            #expect(pixelflow.replicas(of: "worker") == 3)
            if autoscaled { #expect(Self.bounds(pixelflow) == [2, 20]) }
            #expect(tasks.deleted == 6)
        }
    }

    @Test func scalesWorkersOfKEDADownAndBackUp() async throws {
        try await Self.run { pixelflow, _ in
            pixelflow.installScaledObject(minimum: 2, maximum: 8)
            let outcome = await pixelflow.pfctl(
                "test", "scale-down", "--width", "16", "--tasks", "6", "-o", "json", environment: Self.environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let figures = try JSONValue(parsing: Array(outcome.output.utf8))
            #expect(figures["workers_before"] == 3 && figures["workers_left"] == 1)
            #expect(pixelflow.replicas(of: "worker") == 3)
            let spec = pixelflow.cluster.object(.scaledObjects, "pixelflow-worker", namespace: FakePixelFlow.namespace)?["spec"]
            #expect(spec?["minReplicaCount"] == 2 && spec?["maxReplicaCount"] == 8)
        }
    }

    /// A second autoscaler of the workers, of which pfctl knows nothing; the last of them by name wins.
    private static func scaleByAnother(_ pixelflow: FakePixelFlow) {
        let target: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "name": "pixelflow-worker"]
        pixelflow.cluster.put(
            .horizontalPodAutoscalers,
            ["metadata": ["name": "zz"], "spec": ["scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 3]],
            namespace: FakePixelFlow.namespace)
    }

    @Test func workersThatDoNotGoAreAFailure() async throws {
        try await Self.run(isScaledDown: { _ in true }) { pixelflow, _ in
            Self.scaleByAnother(pixelflow)
            let outcome = await pixelflow.pfctl(
                "test", "scale-down", "--width", "16", "--tasks", "4", "--timeout", "10s", environment: Self.environment)
            #expect(outcome.status == .timedOut, "\(outcome.output)")
            #expect(outcome.errors.contains("error: worker did not finish within 10s"), "\(outcome.errors)")
        }
    }

    @Test func workersThatComeBackAreAFailure() async throws {
        let returned: @Sendable (FakePixelFlow) -> Bool = { pixelflow in
            if pixelflow.pods(of: "worker").count == 1 { Self.scaleByAnother(pixelflow) }
            let isScaledByAnother = pixelflow.cluster.object(.horizontalPodAutoscalers, "zz", namespace: FakePixelFlow.namespace) != nil
            return isScaledByAnother && pixelflow.pods(of: "worker").count == 3
        }
        try await Self.run(isScaledDown: returned) { pixelflow, _ in
            let outcome = await pixelflow.pfctl(
                "test", "scale-down", "--width", "16", "--tasks", "4", "--timeout", "60s", environment: Self.environment)
            #expect(outcome.status == .failed, "\(outcome.output)")
            #expect(outcome.errors.contains("there are 3 workers again, although all but 1 were taken away"), "\(outcome.errors)")
        }
    }

    @Test func aLostTaskIsAFailure() async throws {
        try await Self.run(ends: [1: "gone", 2: "failed", 3: "bare"]) { pixelflow, _ in
            let outcome = await pixelflow.pfctl(
                "test", "scale-down", "--width", "16", "--tasks", "5", "--keep", environment: Self.environment)
            #expect(outcome.status == .failed)
            #expect(outcome.output.contains("✗ 2 tasks and 1 output lost"), "\(outcome.output)")
            #expect(outcome.output.contains("failed with: lost"))
            #expect(pixelflow.replicas(of: "worker") == 3 && Self.bounds(pixelflow) == [2, 20])
        }
    }

    @Test func restoresTheWorkersAfterTheTimeout() async throws {
        try await Self.run { pixelflow, tasks in
            let never = try await StubService.start { call in
                call.method == "GET" ? (200, #"{"id":"task-0","status":"PROCESSING","attempts":1}"#) : tasks.respond(call)
            }
            for pod in pixelflow.pods(of: "api") {
                pixelflow.cluster.expose(pod: pod, port: 8_080, namespace: FakePixelFlow.namespace, localPort: never.port)
            }
            let outcome = await pixelflow.pfctl(
                "test", "scale-down", "--width", "16", "--tasks", "2", "--timeout", "2s", environment: Self.environment)
            #expect(outcome.status == .timedOut, "\(outcome.output) \(outcome.errors)")
            #expect(pixelflow.replicas(of: "worker") == 3 && Self.bounds(pixelflow) == [2, 20])
            await never.stop()
        }
    }

    @Test func changesNothingInADryRun() async throws {
        try await Self.run { pixelflow, tasks in
            let outcome = await pixelflow.pfctl("test", "scale-down", "--dry-run", "client", environment: Self.environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output.contains("would upload 100 images, set the bounds of pixelflow-worker to 1 while 3 workers are at work"))
            #expect(pixelflow.replicas(of: "worker") == 3 && Self.bounds(pixelflow) == [2, 20])
        }
    }

    @Test func needsAWorkerToRemove() async throws {
        try await Self.run { pixelflow, _ in
            let outcome = await pixelflow.pfctl("test", "scale-down", "--to", "3", environment: Self.environment)
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("too few to remove one"), "\(outcome.errors)")
            #expect(await pixelflow.pfctl("test", "scale-down", "--to", "0", environment: Self.environment).status == .usage)
            #expect(await pixelflow.pfctl("test", "scale-down", "--tasks", "1", environment: Self.environment).status == .usage)
        }
    }
}
