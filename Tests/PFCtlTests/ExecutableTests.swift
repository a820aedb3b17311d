import Deadlines
import FakeKubernetes
import Foundation
import PFCtl
import Terminal
import TerminalTesting
import TestSupport
import Testing

/// The real executable: exit codes, streams, and how long it takes to start.
@Suite struct ExecutableTests {
    /// Built together with the tests.
    private static var executable: URL {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" } ?? Bundle.main.bundleURL
        let beside = bundle.deletingLastPathComponent().appending(path: "pfctl")
        return FileManager.default.isExecutableFile(atPath: beside.path)
            ? beside : URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "pfctl")
    }

    private static func pfctl(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> Command.Outcome {
        try await run(executable, arguments, environment)
    }

    private static func run(_ executable: URL, _ arguments: [String], _ environment: [String: String] = [:]) async throws -> Command.Outcome
    {
        // bounded: by the deadline of the process.
        try await withCheckedThrowingContinuation { continuation in
            // Waiting blocks, so it needs its own thread.
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try Command.run(executable.path, arguments, environment: environment, within: .seconds(120)) })
            }
        }
    }

    @Test func exitsWithEachCode() async throws {
        try await FakePixelFlow.run { pixelflow in
            let environment = ["KUBECONFIG": pixelflow.kubeconfig]
            func run(_ arguments: String..., exits expected: Terminal.ExitStatus) async throws {
                let code = try await Self.pfctl(arguments, environment).status
                #expect(code == expected.rawValue, "\(arguments)")
            }
            try await run("status", exits: .ok)
            try await run("scale", "nothing", "--replicas", "1", exits: .failed)
            try await run("scale", exits: .usage)
            try await run("scale", "api", "--replicas", "3", "--wait", "--timeout", "100ms", exits: .timedOut)
            // Now the third pod is missing.
            try await run("status", exits: .degraded)
            pixelflow.cluster.deny(DenialRule(resource: "deployments"))
            try await run("status", exits: .unreachable)
        }
    }

    @Test func separatesDataAndStatus() async throws {
        let version = try await Self.pfctl(["version", "--client"])
        #expect(version.output == "pfctl: 0.2.0\n")
        #expect(version.errors.isEmpty)
        let wrong = try await Self.pfctl(["version", "--bogus"])
        #expect(wrong.output.isEmpty)
        #expect(wrong.errors.contains("Unknown option '--bogus'"))
    }

    /// In CPU time, which is independent of the load of the machine; 30 ms was measured with a release build.
    @Test func startsQuickly() async throws {
        let script = "TIMEFORMAT='%U %S'; time '\(Self.executable.path)' version --client"
        var best = Double.infinity
        for _ in 0..<5 {
            let run = try await Self.run(URL(filePath: "/bin/bash"), ["-c", script])
            let times = run.errors.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
            best = min(best, times.reduce(0, +))
        }
        #expect(best < 0.1)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func completesArguments(shell: String) async throws {
        let script = try await Self.pfctl(["completion", shell])
        #expect(script.status == 0)
        #expect(script.output.contains("rollout"))
    }

    @Test func everyCommandShowsAnExample() async throws {
        let commands = [
            [], ["status"], ["check"], ["events"], ["logs"], ["top"], ["scale"], ["rollout"], ["rollout", "status"],
            ["rollout", "history"],
            ["rollout", "restart"], ["rollout", "undo"], ["rollout", "pause"], ["rollout", "resume"], ["config"], ["config", "view"],
            ["config", "use-context"], ["version"], ["completion"], ["lag"], ["dashboard"], ["report"], ["login"], ["logout"],
            ["tasks"], ["tasks", "ls"], ["tasks", "show"], ["tasks", "cancel"], ["tasks", "replay"], ["dlq"], ["dlq", "ls"],
            ["dlq", "show"], ["dlq", "replay"], ["dlq", "purge"], ["bootstrap-secrets"], ["probe"],
        ]
        for command in commands {
            let help = try await Self.pfctl(command + ["--help"])
            #expect(help.status == 0)
            #expect(help.output.contains("Examples:"), "\(command)")
        }
    }
}
