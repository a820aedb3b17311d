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

    /// A server that the user should not have trusted.
    @Test(arguments: [
        #""name":"../../up","format":"png""#, #""name":"small","format":"png/../../../up""#, #""name":"x","format":"desktop""#,
    ])
    func writesOnlyIntoTheFolder(output: String) async throws {
        let task = """
            {"id":"\(FakeData.doneID)","status":"COMPLETED","progress":1,"attempts":1,"outputs":[{\(output),"status":"COMPLETED","bytes":21}]}
            """
        try await FakeServer.run { call in
            call.path.hasSuffix("/api/tasks/\(FakeData.doneID)") || call.path == "/api/upload" ? (200, task) : nil
        } _: { server in
            let before = try FileManager.default.subpathsOfDirectory(atPath: server.folder)
            for arguments in [
                ["outputs", "get", FakeData.doneID, "--output", "FOLDER/in/out"], ["upload", "FOLDER/a.png", "--output", "FOLDER/in/out"],
            ] {
                let outcome = await server.pf(arguments)
                #expect(outcome.status != .ok)
                #expect(outcome.errors.contains("output"), "\(outcome.errors)")
            }
            let after = try FileManager.default.subpathsOfDirectory(atPath: server.folder).filter { !$0.hasPrefix(".") }
            #expect(Set(after).subtracting(before) == ["in", "in/out"])
            #expect(!server.service.lines.contains { $0.contains("/outputs/") }, "nothing is downloaded")
        }
    }

    /// Numbers that do not fit.
    @Test(arguments: ["1e300", "-1e300"]) func showsATaskWithAnyNumbers(number: String) async throws {
        let task = """
            {"id":"\(FakeData.doneID)","status":"PROCESSING","progress":\(number),"attempts":1,"outputs":[
            {"name":"small","status":"COMPLETED","format":"png","width":1,"height":1,"bytes":9223372036854775807}]}
            """.replacing("\n", with: "")
        try await FakeServer.run { call in
            switch call.path {
            case "/api/tasks/\(FakeData.doneID)": (200, task)
            case "/api/events": (200, "id: 1\nevent: task\ndata: \(task)\n\n")
            case "/auth/login": (200, #"{"token":"good","expires_in":\#(number)}"#)
            default: nil
            }
        } _: { server in
            let percent = number.hasPrefix("-") ? "0 %" : "100 %"
            for arguments in [["tasks", "show", FakeData.doneID], ["events", "--limit", "1"]] {
                let outcome = await server.pf(arguments)
                #expect(outcome.status == .ok, "\(outcome.errors)")
                #expect(outcome.output.contains(percent), "\(outcome.output)")
            }
        }
    }

    @Test func forceNeedsAFolder() async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(["upload", "FOLDER/a.png", "--force"])
            #expect(outcome.status == .usage)
            #expect(outcome.errors.contains("--force needs --output."))
        }
    }

    /// They are there to be copied, also where they do not fit.
    @Test func pathsOfFilesAreComplete() async throws {
        try await FakeServer.run { server in
            let folder = "FOLDER/results of a holiday/pictures of the beach and of the mountains behind it"
            let upload = await server.pf(["upload", "FOLDER/a.png", "FOLDER/b.png", "--output", folder, "--parallel", "1"], width: 80)
            let paths = ["a-small.webp", "a-fallback.jpg"].map { "\(folder)/\($0)" }
            let lines = upload.output.split(separator: "\n").map(String.init)
            #expect(Array(lines.suffix(2)) == paths, "\(upload.output)")
            #expect(lines.dropLast(2).allSatisfy { $0.count <= 80 })
            let get = await server.pf(["outputs", "get", FakeData.doneID, "--output", folder], width: 80)
            #expect(get.output == "\(folder)/small.webp saved\n\(folder)/fallback.jpg saved\n")
        }
    }
}
