package import Deadlines
import Foundation

/// A program that a test runs to its end.
package enum Command {
    package struct Outcome: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// Runs a program, killed beyond the limit. Blocks the thread meanwhile.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name that is looked for in `PATH`.
    ///   - environment: by default that of the tests.
    /// - Throws: `DeadlineExceeded` after the limit.
    package static func run(
        _ executable: String, _ arguments: [String], environment: [String: String]? = nil, input: [UInt8] = [],
        within limit: Duration = .testDeadline
    ) throws -> Outcome {
        // Files, not pipes: a pipe that is full stops the program, and `FileHandle` ends the process where a signal interrupts its reading.
        let folder = FileManager.default.temporaryDirectory.appending(path: "command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func file(_ name: String, _ bytes: [UInt8] = []) throws -> URL {
            let file = folder.appending(path: name)
            try Data(bytes).write(to: file)
            return file
        }
        let (source, output, errors) = (try file("input", input), try file("output"), try file("errors"))
        let process = Process()
        let isPath = executable.contains("/")
        process.executableURL = URL(filePath: isPath ? executable : "/usr/bin/env")
        process.arguments = isPath ? arguments : [executable] + arguments
        if let environment { process.environment = environment }
        process.standardInput = try FileHandle(forReadingFrom: source)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        try process.waitForExit(within: limit, ([executable] + arguments).joined(separator: " "))
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
