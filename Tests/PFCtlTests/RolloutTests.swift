import Deadlines
import FakeKubernetes
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct RolloutTests {
    private static let namespace = FakePixelFlow.namespace

    private static func deployment(_ pixelflow: FakePixelFlow, _ component: String = "api") -> JSONValue? {
        pixelflow.cluster.object(.deployments, "pixelflow-\(component)", namespace: namespace)
    }

    private static func setImage(_ pixelflow: FakePixelFlow, _ image: String) {
        pixelflow.cluster.update(.deployments, "pixelflow-api", namespace: namespace) { object in
            var containers = object["spec"]?["template"]?["spec"]?["containers"]?.arrayValue ?? []
            containers[0]["image"] = .string(image)
            object["spec"]?["template"]?["spec"]?["containers"] = .array(containers)
        }
    }

    @Test func restartsAndWaits() async throws {
        try await FakePixelFlow.run { pixelflow in
            let before = Set(pixelflow.pods(of: "api"))
            let controllers = pixelflow.cluster.runControllers(namespace: Self.namespace)
            let outcome = await pixelflow.pfctl("rollout", "restart", "api", "--wait")
            controllers.cancel()
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output == "deployment.apps/pixelflow-api restarted\n")
            #expect(before.isDisjoint(with: pixelflow.pods(of: "api")))
            let annotations = Self.deployment(pixelflow)?["spec"]?["template"]?["metadata"]?["annotations"]
            #expect(annotations?["kubectl.kubernetes.io/restartedAt"] == .string(FakePixelFlow.now.text))
        }
    }

    @Test func failsIfTheRolloutStalls() async throws {
        try await FakePixelFlow.run { pixelflow in
            Self.setImage(pixelflow, "localhost/pixelflow/api:missing")
            pixelflow.cluster.stallRollout("pixelflow-api", namespace: Self.namespace)
            let outcome = await pixelflow.pfctl("rollout", "status", "api")
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("the rollout of api is not progressing: no progress within the deadline of 600 s"))
            let glance = await pixelflow.pfctl("status")
            #expect(glance.status == .degraded)
            #expect(glance.output.contains("ImagePullBackOff"))
        }
    }

    @Test func timesOutWithoutProgress() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("rollout", "restart", "api", "--wait", "--timeout", "3s")
            #expect(outcome.status == .timedOut)
            #expect(outcome.errors.contains("error: api did not finish within 3s: the controller has not observed the change yet\n"))
        }
    }

    @Test func resumesAfterADisconnection() async throws {
        try await FakePixelFlow.run { pixelflow in
            Self.setImage(pixelflow, "localhost/pixelflow/api:0.3.0")
            let following = Task { await pixelflow.pfctl("rollout", "status", "api") }
            try await eventually(within: .seconds(120), "the watch") { pixelflow.cluster.openStreams == 1 }
            pixelflow.cluster.disconnectStreams()
            pixelflow.cluster.compact()
            pixelflow.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            let outcome = try await following.value(within: .seconds(120), "the rollout")
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output == "deployment.apps/pixelflow-api: rolled out (revision 2)\n")
        }
    }

    @Test func rollsBackToAnEarlierRevision() async throws {
        try await FakePixelFlow.run { pixelflow in
            Self.setImage(pixelflow, "localhost/pixelflow/api:0.3.0")
            pixelflow.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            let dry = await pixelflow.pfctl("rollout", "undo", "api", "--dry-run=server")
            #expect(dry.output == "deployment.apps/pixelflow-api rolled back to revision 1 until the next helm upgrade (server dry run)\n")
            let outcome = await pixelflow.pfctl("rollout", "undo", "api")
            #expect(outcome.output == "deployment.apps/pixelflow-api rolled back to revision 1 until the next helm upgrade\n")
            let template = Self.deployment(pixelflow)?["spec"]?["template"]
            #expect(template?["spec"]?["containers"]?[0]?["image"] == "localhost/pixelflow/api:0.2.0")
            #expect(template?["metadata"]?["labels"]?["pod-template-hash"] == nil)
            pixelflow.cluster.completeRollout("pixelflow-api", namespace: Self.namespace)
            #expect(await pixelflow.pfctl("rollout", "status", "api").output.contains("(revision 3)"))
            #expect(await pixelflow.pfctl("rollout", "undo", "api", "--to-revision", "9").status == .failed)
            #expect(await pixelflow.pfctl("rollout", "undo", "api", "--to-revision", "3").status == .failed)
        }
    }

    @Test func pausesAndResumes() async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl("rollout", "pause", "api").output == "deployment.apps/pixelflow-api paused\n")
            #expect(Self.deployment(pixelflow)?["spec"]?["paused"] == true)
            #expect(await pixelflow.pfctl("rollout", "pause", "api").status == .failed)
            let restart = await pixelflow.pfctl("rollout", "restart", "api")
            #expect(restart.status == .failed)
            #expect(restart.errors.contains("hint: run pfctl rollout resume api first"))
            #expect(await pixelflow.pfctl("rollout", "resume", "api").output == "deployment.apps/pixelflow-api resumed\n")
            #expect(Self.deployment(pixelflow)?["spec"]?["paused"] == nil)
            #expect(await pixelflow.pfctl("rollout", "resume", "api").status == .failed)
        }
    }

    @Test func restartsServersAndRefusesToUndo() async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl("rollout", "status", "kafka").output == "statefulset.apps/pixelflow-kafka: rolled out\n")
            #expect(await pixelflow.pfctl("rollout", "restart", "kafka").output == "statefulset.apps/pixelflow-kafka restarted\n")
            let undo = await pixelflow.pfctl("rollout", "undo", "kafka")
            #expect(undo.status == .failed)
            #expect(undo.errors.contains("is not a Deployment"))
        }
    }
}
