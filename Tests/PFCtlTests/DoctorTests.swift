import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing

@Suite struct DoctorTests {
    @Test func failsIfABackendFailsAndWarnsAboutTheRest() async throws {
        try await Scenario.run(isHealthy: false) { pixelflow in
            pixelflow.setServiceSecret(TeamService.serviceSecret)
            let outcome = await pixelflow.pfctl("doctor")
            #expect(outcome.status == .degraded, "\(outcome.errors)")
            #expect(outcome.output.contains("✗ it responds: The broker does not respond. (broker_unavailable)"), "\(outcome.output)")
            #expect(outcome.output.contains("! connections are encrypted: no TLS"))
            #expect(outcome.output.contains("1 check failed, 1 warning"))
        }
        try await Scenario.run(isHealthy: true) { pixelflow in
            pixelflow.setServiceSecret(TeamService.serviceSecret)
            let outcome = await pixelflow.pfctl("doctor", "-o", "json")
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output.contains(#""result": "warning""#))
        }
    }

    @Test func showsAServiceWithoutAReport() async throws {
        try await Scenario.run(isHealthy: true) { pixelflow in
            pixelflow.setServiceSecret("of-yesterday")
            let outcome = await pixelflow.pfctl("doctor")
            #expect(outcome.status == .degraded)
            #expect(outcome.output.contains("✗ auth reports its backends: the service rejected the token"), "\(outcome.output)")
            #expect(outcome.output.contains("pfctl rollout restart api"))
            #expect(!outcome.output.contains("of-yesterday"))
        }
    }

    @Test func needsTheServiceSecret() async throws {
        try await Scenario.run(isHealthy: true) { pixelflow in
            pixelflow.setServiceSecret(TeamService.serviceSecret)
            pixelflow.cluster.deny(DenialRule(verbs: ["get"], resource: "secrets"))
            #expect(await pixelflow.pfctl("doctor").status == .unreachable)
        }
    }

    @Test func namesWorkersThatCannotReachTheirBackends() async throws {
        try await Scenario.run(isHealthy: true) { pixelflow in
            pixelflow.setServiceSecret(TeamService.serviceSecret)
            let blind = try await StubService.start { _ in (200, #"{"status":"degraded","checks":{"broker":"failed"}}"#) }
            let pod = pixelflow.pods(of: "worker")[0]
            pixelflow.cluster.expose(pod: pod, port: 8_081, namespace: FakePixelFlow.namespace, localPort: blind.port)
            let outcome = await pixelflow.pfctl("doctor")
            #expect(outcome.status == .degraded)
            #expect(outcome.output.contains("✗ \(pod) reaches its backends: no response from broker"), "\(outcome.output)")
            await blind.stop()
        }
    }
}
