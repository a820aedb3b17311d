import PFCtl
import Terminal
import TerminalTesting
import Testing

/// The exact output of every command. Each file was reviewed from an operator's perspective; review it again if it changes.
/// Sequential, because each test has its own cluster.
@Suite(.serialized) struct GoldenTests {
    private static let failed = "019706d2-7c3e-7000-8000-00000000000c"

    private static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let kept = try GoldenFiles(of: "pfctl").kept(name, recording: text)
        #expect(text == kept, "\(name) differs", sourceLocation: sourceLocation)
    }

    static let transcripts: [Transcript] = [
        Transcript("status", "status"),
        Transcript("status-healthy", "status", isHealthy: true),
        Transcript("check", "check"),
        Transcript("check-healthy", "check", isHealthy: true),
        Transcript("check-pre", "check", "--pre"),
        Transcript("doctor", "doctor"),
        Transcript("doctor-healthy", "doctor", isHealthy: true),
        Transcript("scale", "scale", "worker", "--replicas", "4", changes: true),
        Transcript("scale-bounds", "scale", "worker", "--min", "3", "--max", "30"),
        Transcript("scale-unknown", "scale", "wroker", "--replicas", "4"),
        Transcript("rollout-status", "rollout", "status", "api"),
        Transcript("rollout-status-underway", "rollout", "status", "web", "--watch=false"),
        Transcript("rollout-history", "rollout", "history", "api"),
        Transcript("rollout-history-revision", "rollout", "history", "api", "--revision", "1"),
        Transcript("rollout-restart", "rollout", "restart", "api", "auth"),
        Transcript("rollout-undo", "rollout", "undo", "api", "--dry-run", "server"),
        Transcript("rollout-pause", "rollout", "pause", "api", changes: true),
        Transcript("rollout-resume", "rollout", "resume", "api"),
        Transcript("lag", "lag", "--sample", "0"),
        Transcript("lag-healthy", "lag", isHealthy: true),
        Transcript("tasks-ls", "tasks", "ls"),
        Transcript("tasks-show", "tasks", "show", failed),
        Transcript("tasks-cancel", "tasks", "cancel", "019706d2-7c3e-7000-8000-00000000000a", "019706d2-7c3e-7000-8000-00000000000d"),
        Transcript("tasks-replay", "tasks", "replay", failed),
        Transcript("dlq-ls", "dlq", "ls"),
        Transcript("dlq-show", "dlq", "show", failed),
        Transcript("dlq-replay", "dlq", "replay", "--all"),
        Transcript("dlq-purge", "dlq", "purge", failed, "--dry-run", "server"),
        Transcript("users-ls", "users", "ls"),
        Transcript("users-create", "users", "create", "eve@example.com", formats: ["json", "yaml"]),
        Transcript("users-disable", "users", "disable", "ada@example.com"),
        Transcript("users-reset-password", "users", "reset-password", "ada@example.com", formats: ["json"]),
        Transcript("orgs-ls", "orgs", "ls"),
        Transcript("orgs-show", "orgs", "show", TeamService.team),
        Transcript("orgs-quota", "orgs", "quota", TeamService.team, "--tasks-per-month", "100000", "--bytes-stored", "unlimited"),
        Transcript("orgs-delete", "orgs", "delete", TeamService.team, "--yes"),
        Transcript("keys-ls", "keys", "ls"),
        Transcript("keys-create", "keys", "create", "site", "--scope", "tasks:read", formats: ["json"]),
        Transcript("keys-revoke", "keys", "revoke", TeamService.key),
        Transcript("audit", "audit"),
        Transcript("events", "events"),
        Transcript("logs", "logs", formats: ["wide", "json"]),
        Transcript("top", "top"),
        Transcript("config-view", "config", "view"),
        Transcript("config-use-context", "config", "use-context", "kind-pixelflow"),
        Transcript("login", "login", "--email", "ada@example.com"),
        Transcript("logout", "logout"),
        Transcript("version", "version"),
        Transcript("version-client", "version", "--client"),
        Transcript("bootstrap-secrets", "bootstrap-secrets", "--name", "passwords", "--key", "postgres", changes: true),
        Transcript("report", "report", "--file", "FOLDER/report.tar", changes: true),
    ]

    @Test(arguments: transcripts) func matchesTheGoldenFiles(transcript: Transcript) async throws {
        try Self.expect(try await transcript.record(), "\(transcript.name).txt")
    }

    /// Tables; other lines wrap too, but contain words to copy.
    @Test(
        arguments: ["status", "events", "tasks ls", "tasks show f", "dlq ls", "lag --sample 0", "top", "rollout history api"],
        [60, 80, 120])
    func fitsTheTerminal(command: String, width: Int) async throws {
        try await Scenario.run(isHealthy: false) { pixelflow in
            let arguments = command.split(separator: " ").map(String.init)
            let outcome = await pixelflow.pfctl(arguments, console: nil, width: width, environment: Scenario.environment)
            #expect(!outcome.output.isEmpty)
            for line in outcome.output.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
        }
    }

    @Test(arguments: [60, 80, 120]) func printsHelp(width: Int) async throws {
        var text = ""
        for arguments in [["--help"], ["scale", "--help"], ["rollout", "--help"], ["scale", "worker", "--replicsa", "4"], ["stauts"]] {
            let stream = CapturedStream(width: width)
            let status = await CommandLineTool.run(arguments, console: Console(output: stream, status: stream), environment: [:])
            text += "$ pfctl \(arguments.joined(separator: " "))\n\(stream.text)[exit \(status.rawValue)]\n\n"
        }
        try Self.expect(text, "help-\(width).txt")
    }

    @Test func coloursByMeaning() async throws {
        try await Scenario.run(isHealthy: false) { pixelflow in
            let environment = ["PFCTL_TOKEN": "good"]
            let coloured = await pixelflow.pfctl("status", "--color", "always", environment: environment)
            try Self.expect(coloured.output, "status-colour.txt")
            #expect(await pixelflow.pfctl("status", width: 160).output.contains("\u{1B}["))
            #expect(!(await pixelflow.pfctl("status", width: 160, environment: ["NO_COLOR": "1"]).output.contains("\u{1B}[")))
            #expect(!(await pixelflow.pfctl("status").output.contains("\u{1B}[")))
        }
    }
}
