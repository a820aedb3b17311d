import Foundation

/// Where the executables are that the tests drive.
enum Executable {
    /// In `PIXELFLOW_EXECUTABLES`, or what was built together with these tests.
    static let pixelflow = path("pixelflow")

    /// The executable of that name.
    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    private static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["PIXELFLOW_EXECUTABLES"], !folder.isEmpty { return folder }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().path
    }()
}

/// A command that runs to its end.
struct Command {
    struct Failed: Error {
        let command: String
        let output: String
    }

    /// What it prints.
    ///
    /// - Throws: `Failed` where it does not end well.
    static func run(_ executable: String, _ arguments: String...) async throws -> String {
        try await run(executable, arguments)
    }

    static func run(_ executable: String, _ arguments: [String]) async throws -> String {
        let folder = try TemporaryFolder()
        let (output, errors) = (folder.path + "/output", folder.path + "/errors")
        let process = try ChildProcess(
            executable, arguments, environment: ProcessInfo.processInfo.environment, output: output, errors: errors)
        let code = await process.waitForExit()
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        guard code == 0 else { throw Failed(command: ([executable] + arguments).joined(separator: " "), output: text(errors)) }
        return text(output)
    }
}
