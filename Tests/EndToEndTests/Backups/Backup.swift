import Foundation
import WireFormats

/// `pfctl` with the services of one installation.
struct Backup: Sendable {
    let service: any Installation
    /// The file with the service secret.
    let secret: String

    struct Result: Sendable {
        let code: Int32
        let output: String
        let errors: String

        var json: JSONValue? { try? JSONValue(parsing: output.utf8) }
    }

    static func pfctl(_ arguments: [String]) async throws -> Result {
        let files = try TemporaryFolder()
        let process = try ChildProcess(
            Executable.path("pfctl"), arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": files.path],
            output: "\(files.path)/output", errors: "\(files.path)/errors")
        let code = await process.waitForExit()
        return Result(
            code: code, output: try String(contentsOfFile: "\(files.path)/output", encoding: .utf8),
            errors: try String(contentsOfFile: "\(files.path)/errors", encoding: .utf8))
    }

    func run(_ arguments: String...) async throws -> Result {
        try await Self.pfctl(
            arguments + [
                "--auth-url", "http://127.0.0.1:\(service.ports.auth)", "--api-url", "http://127.0.0.1:\(service.ports.api)",
                "--secret-file", secret, "-o", "json",
            ])
    }
}
