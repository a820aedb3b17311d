import FakeKubernetes
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import Testing
import WireFormats

@Suite struct ScaleTests {
    @Test func setsReplicasAndWaits() async throws {
        try await FakePixelFlow.run { pixelflow in
            let controllers = pixelflow.cluster.runControllers(namespace: FakePixelFlow.namespace)
            let outcome = await pixelflow.pfctl("scale", "api", "--replicas", "4", "--wait")
            controllers.cancel()
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output == "deployment.apps/pixelflow-api scaled from 2 to 4 until the next helm upgrade\n")
            #expect(pixelflow.pods(of: "api").count == 4)
        }
    }

    @Test func warnsIfAnAutoscalerIsInControl() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("scale", "worker", "--replicas", "4")
            #expect(outcome.status == .ok)
            #expect(outcome.errors.contains("warning: the autoscaler pixelflow-worker owns the replicas of worker (2 to 20)"))
            #expect(outcome.errors.contains("hint: pfctl scale worker --min 2 --max 20"))
            #expect(pixelflow.replicas(of: "worker") == 4)
        }
    }

    @Test func changesTheBoundsOfTheAutoscaler() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("scale", "worker", "--min", "3", "--max", "30")
            let expected =
                "horizontalpodautoscaler.autoscaling/pixelflow-worker now scales between 3 and 30 replicas until the next helm upgrade\n"
            #expect(outcome.output == expected)
            let spec = pixelflow.cluster.object(.horizontalPodAutoscalers, "pixelflow-worker", namespace: FakePixelFlow.namespace)?["spec"]
            #expect(spec?["minReplicas"] == 3)
            #expect(spec?["maxReplicas"] == 30)
            #expect(await pixelflow.pfctl("scale", "worker", "--min", "40").status == .usage)
            #expect(await pixelflow.pfctl("scale", "api", "--max", "4").status == .failed)
        }
    }

    /// A precondition holds for the bounds, too.
    @Test func changesNothingIfTheReplicasAreOthers() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl(
                "scale", "worker", "--min", "4", "--max", "30", "--replicas", "4", "--current-replicas", "2")
            #expect(outcome.status == .failed && outcome.output.isEmpty)
            #expect(outcome.errors.contains("replicas, not 2; nothing was changed"))
            let spec = pixelflow.cluster.object(.horizontalPodAutoscalers, "pixelflow-worker", namespace: FakePixelFlow.namespace)?["spec"]
            #expect(spec?["minReplicas"] == 2 && spec?["maxReplicas"] == 20)
            #expect(await pixelflow.pfctl("scale", "worker", "--max", "30", "--current-replicas", "3").status == .usage)
        }
    }

    /// A second pod would start an empty database behind the same Service.
    @Test func servicesWithDataKeepOnePod() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("scale", "postgres", "--replicas", "2")
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("postgres can have only one pod"), "\(outcome.errors)")
            #expect(await pixelflow.pfctl("scale", "postgres", "--replicas", "0").status == .ok)
        }
    }

    private static func bounds(_ pixelflow: FakePixelFlow) -> [JSONValue?] {
        let spec = pixelflow.cluster.object(.scaledObjects, "pixelflow-worker", namespace: FakePixelFlow.namespace)?["spec"]
        return [spec?["minReplicaCount"], spec?["maxReplicaCount"]]
    }

    @Test func changesTheBoundsWhereKEDATakesThemFrom() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.installScaledObject(minimum: 0, maximum: 8)
            let controllers = pixelflow.cluster.runControllers(namespace: FakePixelFlow.namespace)
            let outcome = await pixelflow.pfctl("scale", "worker", "--max", "12")
            #expect(
                outcome.output == "scaledobject.keda.sh/pixelflow-worker now scales between 0 and 12 replicas until the next helm upgrade\n"
            )
            #expect(Self.bounds(pixelflow) == [0, 12])
            #expect(await pixelflow.pfctl("scale", "worker", "--min", "5", "--replicas", "5", "--wait").status == .ok)
            let spec = pixelflow.cluster.object(.horizontalPodAutoscalers, "keda-pixelflow-worker", namespace: FakePixelFlow.namespace)?[
                "spec"]
            #expect(spec?["minReplicas"] == 5 && spec?["maxReplicas"] == 12)
            #expect(await pixelflow.pfctl("scale", "worker", "--min", "0").status == .ok)
            #expect(Self.bounds(pixelflow) == [0, 12])
            controllers.cancel()
            // The autoscaler of the chart has at least one.
            let api = await pixelflow.pfctl("scale", "worker", "--min", "20", "--dry-run", "client")
            #expect(api.errors.contains("the autoscaler's bounds are 0 to 12; 20 to 12 is not a valid range"), "\(api.errors)")
        }
    }

    @Test func onlyKEDAScalesToNone() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("scale", "worker", "--min", "0")
            #expect(outcome.status == .usage)
            #expect(outcome.errors.contains("must be at least 1: only KEDA starts the first worker again"), "\(outcome.errors)")
        }
    }

    @Test(arguments: ["get", "patch"]) func doesNotChangeWhatKEDAWouldRevert(verb: String) async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.installScaledObject(minimum: 1, maximum: 8)
            pixelflow.cluster.deny(DenialRule(verbs: [verb], resource: "scaledobjects"))
            let outcome = await pixelflow.pfctl("scale", "worker", "--max", "12")
            #expect(outcome.status == .unreachable)
            #expect(outcome.errors.contains("not allowed to \(verb) scaledobject.keda.sh/pixelflow-worker"), "\(outcome.errors)")
            #expect(outcome.errors.contains("hint: ask for get and patch on scaledobjects.keda.sh"))
            #expect(Self.bounds(pixelflow) == [1, 8])
        }
    }

    @Test func honoursCurrentReplicas() async throws {
        try await FakePixelFlow.run { pixelflow in
            let other = await pixelflow.pfctl("scale", "api", "--replicas", "5", "--current-replicas", "3")
            #expect(other.status == .failed)
            #expect(other.errors.contains("api has 2 replicas, not 3; nothing was changed"))
            #expect(pixelflow.replicas(of: "api") == 2)
            #expect(await pixelflow.pfctl("scale", "api", "--replicas", "5", "--current-replicas", "2").status == .ok)
            #expect(pixelflow.replicas(of: "api") == 5)
        }
    }

    @Test func retriesConflictsUpToALimit() async throws {
        try await FakePixelFlow.run { pixelflow in
            let conflict = FakeClusterFault.Effect.status(409, reason: "Conflict", message: "the object has been modified")
            pixelflow.cluster.fail(FakeClusterFault(conflict, path: "/scale", method: "PATCH", count: 2))
            #expect(await pixelflow.pfctl("scale", "api", "--replicas", "3", "--current-replicas", "2").status == .ok)
            pixelflow.cluster.fail(FakeClusterFault(conflict, path: "/scale", method: "PATCH", count: 10))
            let outcome = await pixelflow.pfctl("scale", "api", "--replicas", "4", "--current-replicas", "3")
            #expect(outcome.status == .failed)
            #expect(outcome.errors.contains("the object has been modified (Conflict)"))
            #expect(outcome.errors.contains("hint: it was changed by someone else"))
            #expect(pixelflow.replicas(of: "api") == 3)
        }
    }

    @Test(arguments: ["client", "server"]) func changesNothingInADryRun(kind: String) async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.forgetRequests()
            let outcome = await pixelflow.pfctl("scale", "api", "--replicas", "9", "--dry-run", kind)
            #expect(outcome.status == .ok)
            #expect(outcome.output.contains(kind == "client" ? "(dry run)" : "(server dry run)"))
            #expect(pixelflow.replicas(of: "api") == 2)
            let patches = pixelflow.cluster.requests.filter { $0.method == "PATCH" }
            #expect(patches.map { $0.query["dryRun"] } == (kind == "client" ? [] : ["All"]))
        }
    }

    @Test func timesOut() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl("scale", "api", "--replicas", "4", "--wait", "--timeout", "200ms")
            #expect(outcome.status == .timedOut)
            #expect(outcome.errors.contains("error: api did not finish within 200ms"))
            #expect(outcome.output.isEmpty)
        }
    }

    @Test(arguments: [
        [], ["worker"], ["worker", "--replicas", "-1"], ["worker", "--replicas", "many"], ["worker", "--min", "5", "--max", "2"],
    ])
    func refusesInvalidArguments(arguments: [String]) async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.forgetRequests()
            let outcome = await pixelflow.pfctl(["scale"] + arguments, console: nil)
            #expect(outcome.status == .usage)
            #expect(pixelflow.cluster.requests.isEmpty)
        }
    }

    @Test func acceptsEveryNameOfAService() async throws {
        try await FakePixelFlow.run { pixelflow in
            for name in ["api", "pixelflow-api", "deployment/pixelflow-api", "deployment.apps/pixelflow-api"] {
                let outcome = await pixelflow.pfctl("scale", name, "--replicas", "2", "-o", "name")
                #expect(outcome.output == "deployment.apps/pixelflow-api\n")
            }
            let unknown = await pixelflow.pfctl("scale", "wroker", "--replicas", "2")
            #expect(unknown.status == .failed)
            #expect(unknown.errors.contains("hint: available: api, auth, metrics-adapter, web, worker, kafka, mongodb, postgres, s3"))
        }
    }
}
