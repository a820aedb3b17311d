import FakeKubernetes
import KubernetesClient
import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct StatusTests {
    private static let stats = """
        {"counts":{"PENDING":12,"PROCESSING":3,"COMPLETED":480,"FAILED":2,"CANCELLED":1},
        "throughput":{"completed_last_minute":60,"completed_last_hour":410},
        "failures":{"not_an_image":1,"source_timeout":1},"oldest_pending_seconds":4.5}
        """

    /// A crashing worker, an autoscaler that needs more pods, a warning, and a service that reports counts.
    private static func withTrouble(_ body: @Sendable (FakePixelFlow) async throws -> Void) async throws {
        try await StubService.run("api", port: 8_080, { _ in (200, stats) }) { pixelflow, _ in
            let worker = pixelflow.pods(of: "worker")[1]
            let message = "back-off 2m40s restarting failed container=worker"
            pixelflow.cluster.setReady(
                worker, false, reason: "CrashLoopBackOff", message: message, restarts: 7, namespace: FakePixelFlow.namespace)
            pixelflow.cluster.note(
                "BackOff", "Back-off restarting failed container worker", about: "Pod", worker, type: "Warning", count: 12,
                at: FakePixelFlow.now.advanced(by: .seconds(-90)), namespace: FakePixelFlow.namespace)
            pixelflow.installAutoscaler(current: 3, desired: 5, lag: "41")
            try await body(pixelflow)
        }
    }

    private static let token = ["PFCTL_TOKEN": "token"]

    @Test func listsThePodsOfAPoolUnderIt() async throws {
        try await FakePixelFlow.run { pixelflow in
            // The labels of the chart: the Deployment has its own component, its pods are workers with another name.
            var labels = FakePixelFlow.labels("worker")
            labels["app.kubernetes.io/name"] = "pixelflow-spot"
            pixelflow.cluster.deploy("pixelflow-worker-spot", replicas: 2, labels: labels, namespace: FakePixelFlow.namespace)
            pixelflow.cluster.update(.deployments, "pixelflow-worker-spot", namespace: FakePixelFlow.namespace) {
                $0["metadata"]?["labels"]?["app.kubernetes.io/component"] = "worker-spot"
            }
            let outcome = await pixelflow.pfctl("status", "-o", "json")
            let services = try JSONValue(parsing: Array(outcome.output.utf8))["services"]?.arrayValue ?? []
            let counts = services.reduce(into: [String: Int]()) { counts, service in
                counts[service["name"]?.stringValue ?? ""] = service["pods"]?.arrayValue?.count
            }
            #expect(counts["worker"] == 3 && counts["worker-spot"] == 2, "\(counts)")
            let spot = await pixelflow.pfctl("logs", "worker-spot")
            #expect(spot.status == .ok, "\(spot.errors)")
        }
    }

    @Test func isHealthyIfEverythingIsReady() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("status")
            #expect(outcome.status == .ok)
            #expect(outcome.output.hasPrefix("pixelflow in pixelflow on kind-pixelflow  healthy\n"))
            #expect(outcome.errors.isEmpty)
        }
    }

    /// In a fresh installation, pods warn about their probes until they are ready, and autoscalers about their metric.
    @Test func dropsWarningsAboutRecoveredObjects() async throws {
        try await FakePixelFlow.run { pixelflow in
            let pod = pixelflow.pods(of: "api")[0]
            func warn(_ reason: String, _ kind: String, _ name: String, at time: Timestamp) {
                pixelflow.cluster.note(
                    reason, "\(reason) it is", about: kind, name, type: "Warning", at: time, namespace: FakePixelFlow.namespace)
            }
            let (before, after) = (FakePixelFlow.now.advanced(by: .seconds(-50)), Timestamp.now.advanced(by: .seconds(60)))
            pixelflow.cluster.update(.horizontalPodAutoscalers, "pixelflow-worker", namespace: FakePixelFlow.namespace) {
                $0["status"]?["conditions"] = [
                    ["type": "ScalingActive", "status": "True", "lastTransitionTime": .string(FakePixelFlow.now.text)]
                ]
            }
            warn("Unhealthy", "Pod", pod, at: before)
            warn("FailedGetExternalMetric", "HorizontalPodAutoscaler", "pixelflow-worker", at: before)
            let healthy = await pixelflow.pfctl("status")
            #expect(!healthy.output.contains("it is"))
            // Later warnings count.
            warn("Unhealthy", "Pod", pod, at: after)
            #expect(await pixelflow.pfctl("status").output.contains("Unhealthy it is"))
        }
    }

    @Test func reportsMissingData() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.deny(DenialRule(resource: "events"))
            pixelflow.cluster.refuse(
                pod: pixelflow.pods(of: "api")[0], port: 8_080, namespace: FakePixelFlow.namespace, message: "connection refused")
            let outcome = await pixelflow.pfctl("status", environment: Self.token)
            #expect(outcome.status == .ok)
            #expect(outcome.output.contains("the events: not shown, events is forbidden"))
            #expect(outcome.output.contains("the task counts: not shown, "))
            #expect(outcome.output.contains("connection refused"))
        }
    }

    @Test func failsWithoutPermissionForDeployments() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.deny(DenialRule(resource: "deployments"))
            for format in ["table", "json", "name"] {
                let outcome = await pixelflow.pfctl("status", "-o", format)
                #expect(outcome.status == .unreachable)
                #expect(outcome.output.isEmpty)
                #expect(outcome.errors.contains("cannot list resource \"deployments\""))
                #expect(outcome.errors.contains("(Forbidden)"))
            }
        }
    }

    /// All lists concurrently, then the two round trips of a forwarded port.
    @Test func readsEachListOnce() async throws {
        try await Self.withTrouble { pixelflow in
            pixelflow.cluster.forgetRequests()
            _ = await pixelflow.pfctl("status", environment: Self.token)
            let paths = pixelflow.cluster.requests.map(\.path)
            #expect(paths.count == 6)
            #expect(Set(paths).count == 6)
            #expect(paths.last?.hasSuffix("/portforward") ?? false, "the only call that waits for another")
        }
    }

    @Test func reportsWhereItLooked() async throws {
        try await FakePixelFlow.run { pixelflow in
            let elsewhere = await pixelflow.pfctl("status", "-n", "elsewhere")
            #expect(elsewhere.status == .failed)
            #expect(elsewhere.errors.contains("there is no PixelFlow in the namespace elsewhere"))
            pixelflow.cluster.deploy(
                "other-api", labels: FakePixelFlow.labels("api", release: "other"), namespace: FakePixelFlow.namespace)
            let ambiguous = await pixelflow.pfctl("status")
            #expect(ambiguous.status == .usage)
            #expect(ambiguous.errors.contains("other, pixelflow"))
            #expect(await pixelflow.pfctl("status", "--release", "other").output.hasPrefix("other in pixelflow"))
        }
    }
}
