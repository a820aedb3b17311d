import FakeKubernetes
import KubernetesClient
import PFCtl
import StubService
import Terminal
import WireFormats

/// A reproducible morning with one event of each kind: a completed upgrade of
/// api, a running one of web, a worker that runs out of memory, and tasks of every status.
struct Scenario: Sendable {
    private static let namespace = FakePixelFlow.namespace

    static let environment = ["PFCTL_TOKEN": "good", "PFCTL_PASSWORD": "open sesame", "NO_COLOR": "1"]

    let pixelflow: FakePixelFlow

    /// - Parameter isHealthy: whether to omit all problems.
    static func run(isHealthy: Bool, _ body: @Sendable (FakePixelFlow) async throws -> Void) async throws {
        try await FakePixelFlow.run { pixelflow in
            let scenario = Scenario(pixelflow: pixelflow)
            scenario.upgradeAPI()
            scenario.setUpWorkers()
            if !isHealthy { scenario.trouble() }
            scenario.placePods()
            let services = try await scenario.openPorts(isHealthy: isHealthy)
            scenario.measure()
            scenario.writeLogs()
            try await body(pixelflow)
            for service in services { await service.stop() }
        }
    }

    private static func at(_ seconds: Int) -> Timestamp { FakePixelFlow.now.advanced(by: .seconds(seconds)) }

    private func change(_ component: String, _ change: (inout JSONValue) -> Void) {
        pixelflow.cluster.update(.deployments, "pixelflow-\(component)", namespace: Self.namespace) { object in
            var containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
            change(&containers[0])
            object["spec"]?["template"]?["spec"]?["containers"] = .array(containers)
        }
    }

    private func upgradeAPI() {
        change("api") { $0["image"] = "localhost/pixelflow/api:0.3.0" }
        pixelflow.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
        for name in pixelflow.cluster.names(.replicaSets, namespace: Self.namespace) where name.hasPrefix("pixelflow-api-") {
            pixelflow.cluster.update(.replicaSets, name, namespace: Self.namespace) { set in
                guard set["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"] == "2" else { return }
                set["metadata"]?["annotations"]?["kubernetes.io/change-cause"] = "helm upgrade pixelflow to 0.3.0 for the new presets"
            }
        }
    }

    private func setUpWorkers() {
        change("worker") { container in
            container["resources"] = ["requests": ["cpu": "250m", "memory": "256Mi"]]
            container["env"] = [
                ["name": "PIXELFLOW_KAFKA_TOPIC", "value": "image-tasks"], ["name": "PIXELFLOW_KAFKA_PARTITIONS", "value": "4"],
            ]
        }
        pixelflow.cluster.completeRollout("pixelflow-worker", namespace: Self.namespace)
    }

    private func trouble() {
        change("web") { $0["image"] = "localhost/pixelflow/web:0.3.0" }
        pixelflow.cluster.advanceRollout("pixelflow-web", namespace: Self.namespace, ready: false)
        let worker = pixelflow.pods(of: "worker")[1]
        pixelflow.cluster.setReady(
            worker, false, message: "back-off 2m40s restarting failed container=worker pod=\(worker)", restarts: 7,
            namespace: Self.namespace)
        pixelflow.cluster.update(.pods, worker, namespace: Self.namespace) { pod in
            var statuses = pod["status"]?["containerStatuses"]?.arrayValue ?? []
            statuses[0]["lastState"] = ["terminated": ["reason": "OOMKilled", "exitCode": 137]]
            pod["status"]?["containerStatuses"] = .array(statuses)
        }
        pixelflow.installAutoscaler(current: 3, desired: 5, lag: "41")
        for (kind, name, reason, message, type, count, time) in [
            ("Deployment", "pixelflow-web", "ScalingReplicaSet", "Scaled up replica set pixelflow-web to 1", "Normal", 1, -600),
            ("HorizontalPodAutoscaler", "pixelflow-worker", "SuccessfulRescale", "New size: 5; reason: above target", "Normal", 1, -240),
            ("Pod", worker, "BackOff", "Back-off restarting failed container worker in pod \(worker)", "Warning", 12, -90),
        ] {
            pixelflow.cluster.note(
                reason, message, about: kind, name, type: type, count: count, at: Self.at(time), namespace: Self.namespace)
        }
    }

    private func placePods() {
        pixelflow.settleAges()
        for (index, pod) in pixelflow.cluster.names(.pods, namespace: Self.namespace).enumerated() {
            pixelflow.cluster.update(.pods, pod, namespace: Self.namespace) {
                $0["spec"]?["nodeName"] = index.isMultiple(of: 2) ? "kind-worker" : "kind-worker2"
            }
        }
    }

    /// The services behind the pods' ports.
    private func openPorts(isHealthy: Bool) async throws -> [StubService] {
        var services: [StubService] = []
        for (component, port) in [("api", 8_080), ("auth", 50_051)] {
            let service = try await StubService.start { call in
                DoctorService.respond(call, of: component, isHealthy: isHealthy) ?? ScenarioService.respond(call, isHealthy: isHealthy)
            }
            for pod in pixelflow.pods(of: component) {
                pixelflow.cluster.expose(pod: pod, port: port, namespace: Self.namespace, localPort: service.port)
            }
            services.append(service)
        }
        for (index, pod) in pixelflow.pods(of: "worker").enumerated() {
            let metrics = ScenarioService.metrics(ofWorker: index, isHealthy: isHealthy)
            let worker = try await StubService.start { call in
                call.path == "/readyz" ? (200, #"{"status":"ok","checks":{"task_database":"ok"}}"#) : (200, metrics)
            }
            pixelflow.cluster.expose(pod: pod, port: 8_081, namespace: Self.namespace, localPort: worker.port)
            services.append(worker)
        }
        return services
    }

    private func measure() {
        let names = FakePixelFlow.services.keys.sorted()
        for (index, component) in names.enumerated() {
            for (number, pod) in pixelflow.pods(of: component).enumerated() {
                let (cpu, memory) = ((index + 1) * (number + 1) * 35, 48 + index * 40 + number * 8)
                pixelflow.cluster.setMetrics(
                    pod: pod, container: component, cpu: "\(cpu)m", memory: "\(memory)Mi", namespace: Self.namespace)
            }
        }
    }

    private func writeLogs() {
        pixelflow.cluster.log(["out of memory"], pod: pixelflow.pods(of: "worker")[1], previous: true, at: Self.at(-400))
        let (api, worker) = (pixelflow.pods(of: "api")[0], pixelflow.pods(of: "worker")[0])
        for (pod, line, time) in [
            (
                api,
                #"{"ts":"2026-05-01T11:59:01.250Z","level":"info","service":"api","event":"task created","task_id":"019706d2","preset":"web"}"#,
                -59
            ),
            (
                worker,
                #"{"ts":"2026-05-01T11:59:02.000Z","level":"warning","service":"worker","event":"source is slow","task_id":"019706d2","ms":900}"#,
                -58
            ), (worker, "a line that is not PixelFlow's own", -57),
            (
                worker,
                #"{"ts":"2026-05-01T11:59:04.000Z","level":"error","service":"worker","event":"task failed","task_id":"019706d2","code":"not_an_image"}"#,
                -56
            ),
        ] {
            pixelflow.cluster.log([line], pod: pod, at: Self.at(time))
        }
    }
}
