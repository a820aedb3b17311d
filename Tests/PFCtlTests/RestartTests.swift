import FakeKubernetes
import KubernetesClient
import PFCtl
import StubService
import Synchronization
import Terminal
import TerminalTesting
import Testing
import WireFormats

/// All pods are replaced between any two calls of a command.
@Suite struct RestartTests {
    /// More calls than any command makes that does not wait.
    private static let mostPositions = 24

    private static let metrics =
        (["# TYPE kafka_consumer_lag gauge"]
        + (0..<3).map { #"kafka_consumer_lag{topic="task.dispatch",partition="\#($0)"} 4"# }).joined(separator: "\n") + "\n"

    private static func identities(_ pixelflow: FakePixelFlow) -> Set<String> {
        Set(
            pixelflow.cluster.names(.pods, namespace: FakePixelFlow.namespace).compactMap { name in
                pixelflow.cluster.object(.pods, name, namespace: FakePixelFlow.namespace)?["metadata"]?["uid"]?.stringValue
            })
    }

    private final class Calls: Sendable {
        let count = Mutex(0)
    }

    /// - Returns: the number of calls.
    private static func run(_ arguments: [String], restartingAfter position: Int?) async throws -> Int {
        let service = try await StubService.start { $0.path == "/metrics" ? (200, metrics) : (200, #"{"status":"ok"}"#) }
        let calls = Calls()
        try await FakePixelFlow.run { pixelflow in
            for (component, port) in [("worker", 8_081), ("api", 8_080)] {
                for pod in pixelflow.pods(of: component) {
                    pixelflow.cluster.expose(pod: pod, port: port, namespace: FakePixelFlow.namespace, localPort: service.port)
                    pixelflow.cluster.log(["a line of \(component)"], pod: pod)
                }
            }
            let before = identities(pixelflow)
            let controllers = pixelflow.cluster.runControllers(namespace: FakePixelFlow.namespace)
            pixelflow.cluster.forgetRequests()
            if let position { pixelflow.cluster.restartPods(after: position) }
            let outcome = await pixelflow.pfctl(arguments, console: nil)
            controllers.cancel()
            let count = pixelflow.cluster.requests.count
            calls.count.withLock { $0 = count }
            let when = position.map { "restarted after \($0) calls" } ?? "not restarted"
            #expect(outcome.status == .ok, "\(when): \(outcome.output) \(outcome.errors)")
            guard let position, position < count else { return }
            #expect(pixelflow.cluster.hasRestartedPods, "\(when)")
            #expect(before.isDisjoint(with: identities(pixelflow)), "\(when)")
        }
        await service.stop()
        return calls.count.withLock { $0 }
    }

    @Test(
        arguments: [
            ["status"], ["lag", "--sample", "0"], ["logs", "api"], ["scale", "api", "--replicas", "3", "--wait"],
            ["rollout", "restart", "api", "--wait"], ["check"],
        ])
    func commandsSurvivePodRestarts(arguments: [String]) async throws {
        let calls = try await Self.run(arguments, restartingAfter: nil)
        #expect(calls > 1)
        for position in 0..<min(calls, Self.mostPositions) { _ = try await Self.run(arguments, restartingAfter: position) }
    }
}
