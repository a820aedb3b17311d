import Foundation
import PF
import Terminal
import TerminalTesting
import Testing
import WireFormats

/// What a command says and ends with before it reaches a server.
@Suite struct CommandTests {
    private func pf(_ arguments: [String], _ environment: [String: String] = [:]) async -> Outcome {
        let (output, errors) = (CapturedStream(), CapturedStream())
        let status = await UserCommandLine.run(
            arguments, console: Console(output: output, status: errors),
            environment: ["HOME": "/nonexistent"].merging(environment) { $1 })
        return Outcome(status: status, output: output.text, errors: errors.text)
    }

    private static let server = ["PIXELFLOW_URL": "http://127.0.0.1:9", "PIXELFLOW_TOKEN": "token"]

    @Test(
        arguments: [
            (["tasks", "ls"], [:], .usage, "this command needs a server"),
            (["tasks", "ls", "--server", "example.com"], [:], .usage, "example.com is not a URL of a server"),
            (["tasks", "ls"], ["PIXELFLOW_URL": "http://127.0.0.1:9"], .unreachable, "needs a login at http://127.0.0.1:9"),
            (["upload", "a.jpg", "--preset", "web", "--pipeline", "p.json"], server, .usage, "Give either --preset or --pipeline."),
            (["upload", "a.jpg", "--parallel", "17"], server, .usage, "--parallel must be from 1 to 16."),
            (["upload", "/nonexistent/a.jpg"], server, .failed, "/nonexistent/a.jpg"),
            (["frobnicate"], [:], .usage, "frobnicate"),
        ] as [([String], [String: String], Terminal.ExitStatus, String)])
    func failsInOneLine(arguments: [String], environment: [String: String], status: Terminal.ExitStatus, message: String) async {
        let outcome = await pf(arguments, environment)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test func completionIsForEachShell() async {
        for shell in ["bash", "zsh", "fish"] {
            let outcome = await pf(["completion", shell])
            #expect(outcome.status == .ok && outcome.output.contains("pf"), "\(shell)")
        }
    }
}
