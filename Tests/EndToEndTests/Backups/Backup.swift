import Foundation
import TestSupport
import WireFormats

/// `pfctl` with the services of one installation.
struct Backup: Sendable {
    let service: any Installation
    /// The file with the service secret.
    let secret: String
    /// Additional environment variables for `pfctl`.
    var environment: [String: String] = [:]

    struct Result: Sendable {
        let code: Int32
        let output: String
        let errors: String

        var json: JSONValue? { try? JSONValue(parsing: output.utf8) }
    }

    /// - Parameter script: a shell script to run it in a separate mount namespace; ends with `exec "$0" "$@"`.
    static func pfctl(
        _ arguments: [String], script: String? = nil, environment: [String: String] = [:]
    ) async throws -> Result {
        let files = try TemporaryFolder()
        let pfctl = Executable.path("pfctl")
        let shell = script.map { ["-m", "--propagation", "private", "sh", "-c", $0, pfctl] }
        let process = try RunningProcess(
            shell == nil ? pfctl : "/usr/bin/unshare", (shell ?? []) + arguments,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": files.path].merging(environment) { $1 },
            output: "\(files.path)/output", errors: "\(files.path)/errors")
        let code = await process.waitForExit()
        return Result(
            code: code, output: try String(contentsOfFile: "\(files.path)/output", encoding: .utf8),
            errors: try String(contentsOfFile: "\(files.path)/errors", encoding: .utf8))
    }

    func run(_ arguments: String..., script: String? = nil) async throws -> Result {
        try await Self.pfctl(
            arguments + [
                "--auth-url", "http://127.0.0.1:\(service.ports.auth)", "--api-url", "http://127.0.0.1:\(service.ports.api)",
                "--secret-file", secret, "-o", "json",
            ], script: script, environment: environment)
    }
}
