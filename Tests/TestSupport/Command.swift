package import Deadlines
import Foundation

/// Runs a program to its end.
package struct Command: Sendable {
    package struct Outcome: Sendable {
        /// The exit code, or the negative number of the signal that ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// Files instead of pipes: a full pipe blocks the program, and `FileHandle` crashes the process if a signal interrupts its reading.
    private let folder: TemporaryFolder
    private let process: RunningProcess
    private let words: String

    private init(_ executable: String, _ arguments: [String], environment: [String: String]?, input: [UInt8] = []) throws {
        folder = try TemporaryFolder()
        words = ([executable] + arguments).joined(separator: " ")
        try Data(input).write(to: URL(filePath: folder.path + "/input"))
        process = try RunningProcess(
            executable, arguments, environment: environment, input: folder.path + "/input",
            output: folder.path + "/output", errors: folder.path + "/errors")
    }

    private func outcome(_ status: Int32) throws -> Outcome {
        func text(_ name: String) throws -> String { try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8) }
        return Outcome(status: status, output: try text("output"), errors: try text("errors"))
    }

    /// Runs a program, and kills it after the limit. Blocks the thread.
    ///
    /// - Parameters:
    ///   - executable: a path, or a name that is looked up in `PATH`.
    ///   - environment: by default that of the tests.
    /// - Throws: `DeadlineExceeded` after the limit.
    package static func run(
        _ executable: String, _ arguments: [String], environment: [String: String]? = nil, input: [UInt8] = [],
        within limit: Duration = .testDeadline
    ) throws -> Outcome {
        let command = try Command(executable, arguments, environment: environment, input: input)
        return try command.outcome(try command.process.waitForExit(within: limit, command.words))
    }

    /// The output of a program.
    ///
    /// - Throws: `CommandError` if the program fails, `DeadlineExceeded` after five minutes.
    package static func output(_ executable: String, _ arguments: String...) async throws -> String {
        try await output(executable, arguments)
    }

    package static func output(_ executable: String, _ arguments: [String]) async throws -> String {
        let command = try Command(executable, arguments, environment: nil)
        let status = try await within(.seconds(300), command.words) { await command.process.waitForExit() }
        let outcome = try command.outcome(status)
        guard status == 0 else { throw CommandError(command: command.words, outcome: outcome) }
        return outcome.output
    }

    /// Makes a self-signed certificate and its key, as PEM files.
    ///
    /// - Parameter names: `subjectAltName`, such as `DNS:localhost,IP:127.0.0.1`.
    /// - Throws: `CommandError`.
    package static func makeCertificate(_ names: String, certificate: String, key: String) throws {
        let arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", certificate,
        ]
        let made = try run("openssl", arguments)
        guard made.status == 0 else { throw CommandError(command: "openssl \(arguments.joined(separator: " "))", outcome: made) }
    }
}

/// A program that a test depends on has failed.
package struct CommandError: Error {
    package let command: String
    package let outcome: Command.Outcome
}
