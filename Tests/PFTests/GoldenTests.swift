import PF
import Terminal
import TerminalTesting
import Testing

/// What the commands print, byte for byte. Each file was looked at as a user would; look again where one changes.
@Suite struct GoldenTests {
    struct Transcript: Sendable, CustomTestStringConvertible {
        /// Of the file.
        let name: String
        let arguments: [String]
        let widths: [Int]
        let formats: [String]

        /// - Parameter widths: none for output that has to fit and names a folder, whose name is longer on one machine than on another.
        init(
            _ name: String, _ arguments: String..., widths: [Int] = TranscriptView.widths, formats: [String] = TranscriptView.formats
        ) {
            self.name = name
            self.arguments = arguments
            self.widths = widths
            self.formats = formats
        }

        var testDescription: String { name }

        /// All of it, with how each run ended. Each has a server and a home of its own.
        func record() async throws -> String {
            var text = ""
            for view in TranscriptView.all(of: arguments, widths: widths, formats: formats) {
                try await FakeServer.run { server in text += view.text("pf", await server.pf(view.arguments, width: view.width)) }
            }
            return text
        }
    }

    static let transcripts: [Transcript] = [
        Transcript("login", "login", "--email", "ada@example.com"),
        Transcript("logout", "logout"),
        Transcript(
            "upload", "upload", "https://images.example/a.png", "https://images.example/b.png", "--preset", "web", "--wait", "--parallel",
            "1"),
        Transcript(
            "upload-output", "upload", "FOLDER/a.png", "FOLDER/b.png", "FOLDER/c.png", "--output", "FOLDER/out", "--parallel", "1",
            widths: [],
            formats: ["json", "yaml", "name"]),
        Transcript("upload-only", "upload", "https://images.example/a.png", "--pipeline", "FOLDER/pipeline.json", formats: ["json"]),
        Transcript(
            "upload-batch", "upload", "https://images.example/a.png", "https://images.example/b.png", "--batch", "--parallel", "1",
            formats: ["json", "name"]),
        Transcript("tasks-ls", "tasks", "ls"),
        Transcript("tasks-ls-failed", "tasks", "ls", "--status", "failed", formats: ["json", "name"]),
        Transcript("tasks-show", "tasks", "show", FakeData.doneID),
        Transcript("tasks-show-failed", "tasks", "show", FakeData.failedID, formats: []),
        Transcript("tasks-cancel", "tasks", "cancel", FakeData.doneID, FakeData.failedID),
        Transcript("tasks-replay", "tasks", "replay", FakeData.failedID),
        Transcript("tasks-rm", "tasks", "rm", FakeData.doneID, FakeData.failedID),
        Transcript("outputs-get", "outputs", "get", FakeData.doneID, "--output", "FOLDER/out", widths: []),
        Transcript("outputs-get-unknown", "outputs", "get", FakeData.doneID, "huge", formats: []),
        Transcript("orgs-ls", "orgs", "ls"),
        Transcript("keys-ls", "keys", "ls"),
        Transcript("keys-create", "keys", "create", "site", "--scope", "tasks:read", formats: ["json", "name"]),
        Transcript("keys-revoke", "keys", "revoke", FakeData.teamID, formats: ["json", "name"]),
        Transcript("presets-ls", "presets", "ls"),
        Transcript("presets-show", "presets", "show", "mine"),
        Transcript("presets-put", "presets", "put", "mine", "FOLDER/pipeline.json", formats: ["json", "name"]),
        Transcript("presets-rm", "presets", "rm", "mine"),
        Transcript("presets-rm-unknown", "presets", "rm", "gone", formats: []),
        Transcript("events", "events", "--limit", "2"),
    ]

    @Test(arguments: transcripts) func matchesTheGoldenFiles(transcript: Transcript) async throws {
        let text = try await transcript.record()
        let kept = try GoldenFiles(of: "pf").kept("\(transcript.name).txt", recording: text)
        #expect(text == kept, "\(transcript.name).txt differs")
    }

    @Test(arguments: ["tasks ls", "tasks show \(FakeData.failedID)", "presets ls"], [60, 80, 120])
    func fitsTheTerminal(command: String, width: Int) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(command.split(separator: " ").map(String.init), width: width)
            #expect(outcome.status == .ok && !outcome.output.isEmpty)
            for line in outcome.output.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
        }
    }

    @Test(arguments: [60, 100]) func printsHelp(width: Int) async throws {
        var text = ""
        for arguments in [["--help"], ["upload", "--help"], ["tasks", "--help"], ["upload", "--presett", "web"], ["taks"]] {
            let stream = CapturedStream(width: width)
            let status = await UserCommandLine.run(arguments, console: Console(output: stream, status: stream), environment: [:])
            text += "$ pf \(arguments.joined(separator: " "))\n\(stream.text)[exit \(status.rawValue)]\n\n"
        }
        let kept = try GoldenFiles(of: "pf").kept("help-\(width).txt", recording: text)
        #expect(text == kept, "help-\(width).txt differs")
    }

    @Test func reportsThatTheTokenIsRefused() async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(["tasks", "ls"], ["PIXELFLOW_TOKEN": "bad"])
            #expect(outcome.status == .unreachable)
            #expect(outcome.errors == "error: The token is not valid. (token_invalid)\nhint: log in again with pf login\n")
        }
    }
}
