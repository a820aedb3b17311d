import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import Terminal
import TerminalTesting
import TestSupport
import Testing

/// Clusters that are unreachable or deny access: messages and exit statuses.
@Suite struct ReachTests {
    @Test func acceptsATokenAndAPlugin() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.addToken("good", user: FakeClusterUser(name: "operator"))
            try pixelflow.logIn(.token("good"))
            #expect(await pixelflow.pfctl("status").status == .ok)
            let plugin = "\(pixelflow.folder)/plugin"
            let credential = #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"good"}}"#
            try "#!/bin/sh\necho '\(credential)'\n".write(toFile: plugin, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: plugin)
            try pixelflow.logIn(
                .lines(["exec:", "  apiVersion: client.authentication.k8s.io/v1", "  command: \(plugin)", "  interactiveMode: Never"]))
            #expect(await pixelflow.pfctl("status").status == .ok)
        }
    }

    @Test func refusesAnotherToken() async throws {
        try await FakePixelFlow.run { pixelflow in
            try pixelflow.logIn(.token("bad"))
            let outcome = await pixelflow.pfctl("status")
            #expect(outcome.status == .unreachable)
            #expect(outcome.errors.contains("error: the server does not accept"))
            #expect(outcome.errors.contains("(Unauthorized)"))
            #expect(!outcome.errors.contains("bad"))
        }
    }

    @Test func doesNotTrustAnotherAuthority() async throws {
        try await FakePixelFlow.run { pixelflow in
            try pixelflow.logIn(.token("any"), authority: try CertificateAuthority().certificate)
            let outcome = await pixelflow.pfctl("status")
            #expect(outcome.status == .unreachable)
            #expect(outcome.errors.contains("authority"))
        }
    }

    @Test func reportsAnExpiredCertificate() async throws {
        let authority = try CertificateAuthority()
        let cluster = try await FakeCluster.start(
            authority: authority, certificate: authority.server(from: -7_200, until: -3_600))
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let file = try folder.write("kubeconfig", try cluster.kubeconfig(.token("any")))
        let errors = CapturedStream()
        let status = await CommandLineTool.run(
            ["status", "--kubeconfig", file], console: Console(output: CapturedStream(), status: errors), environment: [:])
        #expect(status == .unreachable)
        #expect(errors.text.contains("ended on"))
        try await cluster.stop()
    }

    @Test func timesOutOnAnUnresponsiveServer() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.fail(FakeClusterFault(.hang, path: "/deployments", count: 1))
            let outcome = await pixelflow.pfctl("status", "--request-timeout", "3s")
            #expect(outcome.status == .timedOut)
        }
    }

    @Test func cannotReachAStoppedServer() async throws {
        try await FakePixelFlow.run { pixelflow in
            try await pixelflow.cluster.stop()
            for command in [["status"], ["rollout", "status", "api"], ["scale", "api", "--replicas", "2"], ["events"], ["top"], ["logs"]] {
                let outcome = await pixelflow.pfctl(command, console: nil)
                #expect(outcome.status == .unreachable, "\(command)")
                #expect(outcome.output.isEmpty)
            }
        }
    }

    @Test func needsAValidKubeconfig() async throws {
        try await FakePixelFlow.run { pixelflow in
            let unknown = await pixelflow.pfctl("status", "--context", "other")
            #expect(unknown.status == .usage)
            #expect(unknown.errors.contains("hint: its contexts are: kind-pixelflow"))
            let missing = await pixelflow.pfctl("status", "--kubeconfig", "/nowhere/config")
            #expect(missing.status == .usage)
            let none = await pixelflow.pfctl("status", environment: ["KUBECONFIG": ""])
            #expect(none.status == .usage)
            #expect(none.errors.contains("there is no kubeconfig"))
        }
    }
}
