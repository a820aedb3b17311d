import Foundation
import StubService
import Terminal
import TerminalTesting
import Testing

/// Files that are already where outputs are stored.
@Suite struct OutputTests {
    private static let commands = [
        (["outputs", "get", FakeData.doneID, "--output", "FOLDER/out"], "small.webp", "fallback.jpg"),
        (["upload", "FOLDER/a.png", "--output", "FOLDER/out"], "a-small.webp", "a-fallback.jpg"),
    ]

    private static func run(
        _ body: (FakeServer, _ write: (String, String) throws -> Void, _ read: (String) throws -> String) async throws -> Void
    )
        async throws
    {
        try await FakeServer.run { server in
            let folder = server.folder + "/out"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await body(
                server, { try Data($1.utf8).write(to: URL(filePath: "\(folder)/\($0)")) },
                { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) })
        }
    }

    @Test(arguments: commands) func keepsFilesWithOtherContents(arguments: [String], first: String, second: String) async throws {
        try await Self.run { server, write, read in
            try write(first, "a picture of mine")
            let outcome = await server.pf(arguments)
            #expect(outcome.status == .failed)
            let refusal = "FOLDER/out/\(first) exists with other contents; --force replaces it"
            #expect(outcome.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") && $0.hasSuffix(refusal) }.count == 1)
            let (kept, other) = (try read(first), try read(second))
            #expect(kept == "a picture of mine")
            #expect(other == FakeServer.image, "the other outputs are stored")

            let forced = await server.pf(arguments + ["--force"])
            #expect(forced.status == .ok, "\(forced.errors)")
            let replaced = try read(first)
            #expect(replaced == FakeServer.image)
        }
    }

    @Test(arguments: commands) func keepsFilesWithTheSameContents(arguments: [String], first: String, second: String) async throws {
        try await Self.run { server, write, _ in
            for name in [first, second] { try write(name, FakeServer.image) }
            let outcome = await server.pf(arguments)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(!server.service.lines.contains { $0.contains("/outputs/") }, "nothing is downloaded")
        }
    }

    @Test func forceNeedsAFolder() async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(["upload", "FOLDER/a.png", "--force"])
            #expect(outcome.status == .usage)
            #expect(outcome.errors.contains("--force needs --output."))
        }
    }
}
