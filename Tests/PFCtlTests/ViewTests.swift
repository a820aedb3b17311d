import Deadlines
import FakeKubernetes
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import Testing
import WireFormats

/// Events, usage, logs, configuration.
@Suite struct ViewTests {
    private static let namespace = FakePixelFlow.namespace

    @Test func listsOnlyItsOwnEvents() async throws {
        try await FakePixelFlow.run { pixelflow in
            let pod = pixelflow.pods(of: "worker")[0]
            for (index, entry) in [
                ("Pod", pod, "Killing", "Normal"), ("Pod", "other-1", "Failed", "Warning"),
                ("Deployment", "pixelflow-api", "ScalingReplicaSet", "Normal"), ("Pod", pod, "BackOff", "Warning"),
            ].enumerated() {
                pixelflow.cluster.note(
                    entry.2, "message \(index)", about: entry.0, entry.1, type: entry.3,
                    at: FakePixelFlow.now.advanced(by: .seconds(index * 60 - 600)), namespace: Self.namespace)
            }
            let all = await pixelflow.pfctl("events")
            #expect(all.output.contains("Killing") && !all.output.contains("message 1"), "nothing of other-1")
            let warnings = await pixelflow.pfctl("events", "--types", "warning", "-o", "json")
            #expect(warnings.output.contains("BackOff") && !warnings.output.contains("Killing"))
            let api = await pixelflow.pfctl("events", "--for", "api")
            #expect(api.output.contains("ScalingReplicaSet") && !api.output.contains("BackOff"))
            #expect(await pixelflow.pfctl("events", "--for", "nothing").status == .failed)
        }
    }

    @Test func showsUsage() async throws {
        try await FakePixelFlow.run { pixelflow in
            for (index, pod) in pixelflow.pods(of: "worker").enumerated() {
                pixelflow.cluster.setMetrics(
                    pod: pod, container: "worker", cpu: "\(100 * (index + 1))m", memory: "\(64 * (index + 1))Mi", namespace: Self.namespace)
            }
            #expect(await pixelflow.pfctl("top", "worker").output.contains("\nworker                            600m   384Mi\n"))
            pixelflow.cluster.removeGroup("metrics.k8s.io")
            let outcome = await pixelflow.pfctl("top")
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("hint: install metrics-server"))
        }
    }

    @Test func mergesLogsByTime() async throws {
        try await FakePixelFlow.run { pixelflow in
            let pods = pixelflow.pods(of: "api")
            func at(_ seconds: Int) -> Timestamp { FakePixelFlow.now.advanced(by: .seconds(seconds)) }
            pixelflow.cluster.log(
                [#"{"ts":"2026-05-01T12:00:01.000Z","level":"warning","service":"api","event":"slow","task_id":"t1","ms":90}"#],
                pod: pods[0], at: at(1))
            pixelflow.cluster.log(["second"], pod: pods[1], at: at(2))
            pixelflow.cluster.log(["third \u{1B}[31m of t1"], pod: pods[0], at: at(3))
            let outcome = await pixelflow.pfctl("logs", "api")
            #expect(
                outcome.output == """
                    \(pods[0]) 12:00:01 warning slow ms=90 task_id=t1
                    \(pods[1]) second
                    \(pods[0]) third  [31m of t1

                    """)
            let ofTask = await pixelflow.pfctl("logs", "--task", "t1", "--raw")
            #expect(ofTask.output.split(separator: "\n").count == 2)
            let json = await pixelflow.pfctl("logs", "api", "-o", "json", "--tail", "1")
            #expect(json.output.contains(#""line":"second""#))
        }
    }

    @Test func followsLogsOfNewPods() async throws {
        try await FakePixelFlow.run { pixelflow in
            let (output, errors) = (CapturedStream(), CapturedStream())
            let old = pixelflow.pods(of: "api")[0]
            pixelflow.cluster.log(["before"], pod: old)
            let following = Task {
                await pixelflow.pfctl(["logs", "api", "--follow"], console: Console(output: output, status: errors))
            }
            try await eventually(within: .seconds(120), "the first line") { output.text.contains("\(old) before") }
            pixelflow.cluster.log(["after"], pod: old, at: .now.advanced(by: .seconds(5)))
            try await eventually(within: .seconds(120), "the next line") { output.text.contains("\(old) after") }
            pixelflow.cluster.update(.deployments, "pixelflow-api", namespace: Self.namespace) { $0["spec"]?["replicas"] = 3 }
            pixelflow.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            let new = try #require(pixelflow.pods(of: "api").last)
            pixelflow.cluster.log(["hello"], pod: new)
            try await eventually(within: .seconds(120), "the line of the new pod") { output.text.contains("\(new) hello") }
            following.cancel()
            try await following.value("the command to end")
        }
    }

    @Test func showsAndChoosesContexts() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.addToken("secret-token", user: FakeClusterUser(name: "operator"))
            try pixelflow.logIn(.token("secret-token"))
            let view = await pixelflow.pfctl("config", "view")
            #expect(view.output.contains("current-context: kind-pixelflow"))
            #expect(!view.output.contains("secret-token"))
            #expect(await pixelflow.pfctl("config", "use-context", "kind-pixelflow").output == "the current context is kind-pixelflow\n")
            let printed = await pixelflow.pfctl("config", "use-context", "context/kind-pixelflow")
            #expect(printed.output == "the current context is kind-pixelflow\n", "\(printed.errors)")
            #expect(await pixelflow.pfctl("config", "use-context", "other").status == .usage)
        }
    }

    @Test func refusesContradictoryOptions() async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl("logs", "--follow", "--previous").status == .usage)
            #expect(await pixelflow.pfctl("status", "-o", "xml").status == .usage)
            #expect(await pixelflow.pfctl("status", "--request-timeout", "soon").status == .usage)
            #expect(await pixelflow.pfctl("stauts").status == .usage)
        }
    }
}
