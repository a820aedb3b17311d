import FakeKubernetes
import Foundation
import TestSupport
import Testing

/// The commands in docs/teams.md, against a pixelflow without accounts behind the auth pods of a cluster.
@Suite struct TeamsPageTests {
    private static let secret = "the secret of the services of this test"
    private static let password = "correct horse battery staple"

    @Test(.timeLimit(.minutes(1))) func commandsOfThePageWork() async throws {
        let commands = try Self.commands()
        try #require(commands.count >= 5)
        try await FakePixelFlow.run { pixelflow in
            let ports = try (0..<5).map { _ in try FreePorts.next() }
            pixelflow.setServiceSecret(Self.secret)
            for pod in pixelflow.pods(of: "auth") {
                pixelflow.cluster.expose(pod: pod, port: 50_051, namespace: FakePixelFlow.namespace, localPort: ports[1])
            }
            let outcome = try await Self.run(
                Self.script(commands, ports: ports, folder: pixelflow.folder), kubeconfig: pixelflow.kubeconfig, home: pixelflow.folder)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.contains("done: \(commands.count)"), "\(outcome.output)\(outcome.errors)")
        }
    }

    /// All commands in the code blocks of the page; continued lines belong to one command.
    private static func commands() throws -> [String] {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/teams.md")
        let parts = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```\n")
        let blocks = parts.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        return blocks.flatMap { $0.replacing("\\\n", with: " ").split(separator: "\n").map(String.init) }
    }

    /// Runs the commands in sequence, each with the token and the key that an earlier one has printed.
    private static func script(_ commands: [String], ports: [Int], folder: String) -> String {
        let (web, auth) = (ports[0], ports[1])
        let options = zip(["web", "auth", "api", "worker", "web-management"], ports).map { "--\($0)-port \($1)" }.joined(separator: " ")
        var lines = [
            "set -euo pipefail",
            // Ends with the shell, because the test waits for all processes that the shell has started.
            "setpriv --pdeathsig KILL pixelflow --data-dir '\(folder)/data' --host 127.0.0.1 \(options) > '\(folder)/log' 2>&1 &",
            "trap 'kill -KILL %1' EXIT",
            "until curl -sf -o /dev/null http://127.0.0.1:\(web)/auth/register; do kill -0 $!; sleep 0.05; done",
            "until curl -sf -o /dev/null http://127.0.0.1:\(auth)/readyz; do kill -0 $!; sleep 0.05; done",
            "reset= key= done=0",
        ]
        var isLoggedIn = false
        for command in commands {
            if command.hasPrefix("pf "), !isLoggedIn {
                lines.append("PIXELFLOW_PASSWORD='\(password)' pf login http://127.0.0.1:\(web) --email ada@example.com")
                isLoggedIn = true
            }
            let text = command.replacing("https://images.example.com", with: "http://127.0.0.1:\(web)")
                .replacing("curl ", with: "curl -sSf ").replacing("pf_reset_...", with: #"'"$reset"'"#).replacing(
                    "pf_live_...", with: #""$key""#)
            lines += [
                "output=$(timeout -k 1 15 env \(text))", #"echo "$output""#,
                #"reset=$(grep -o 'pf_reset_[^ "]*' <<< "$output" || echo "$reset")"#,
                #"key=$(grep -o 'pf_live_[^ "]*' <<< "$output" || echo "$key")"#, "done=$((done + 1))",
            ]
        }
        return (lines + [#"echo "done: $done""#]).joined(separator: "\n")
    }

    private static func run(_ script: String, kubeconfig: String, home: String) async throws -> Command.Outcome {
        let environment = [
            "PATH": "\(executables):\(ProcessInfo.processInfo.environment["PATH"] ?? "")", "HOME": home, "KUBECONFIG": kubeconfig,
            "PIXELFLOW_AUTH_REGISTRATION": "invite", "PIXELFLOW_SERVICE_SECRET": secret, "PIXELFLOW_AUTH_BCRYPT_COST": "4", "NO_COLOR": "1",
        ]
        // bounded: by the deadline of the process.
        return try await withCheckedThrowingContinuation { continuation in
            // Waiting blocks, so it needs its own thread.
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try Command.run("/bin/bash", ["-c", script], environment: environment, within: .seconds(50)) })
            }
        }
    }

    /// Built together with the tests.
    private static let executables: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(filePath: tests).deletingLastPathComponent().path
    }()
}
