import Deadlines
import Foundation
import TestSupport
import Testing

/// What the real executables do if their output cannot be written.
@Suite struct OutputFailureTests {
    private static let commands = [["completion", "bash"], ["--help"]]

    @Test(arguments: ["pf", "pfctl"], commands) func aFullDiskIsReported(name: String, arguments: [String]) async throws {
        try await TemporaryFolder.with { folder in
            let process = try RunningProcess(
                InterruptionTests.executable(name), arguments, environment: ["HOME": folder], output: "/dev/full",
                errors: folder + "/errors")
            let status = try await within(.testDeadline, "the command to end") { await process.waitForExit() }
            #expect(status == 1)
            let errors = try String(contentsOfFile: folder + "/errors", encoding: .utf8)
            #expect(errors == "error: the output cannot be written: No space left on device\n")
        }
    }

    /// The reader has ended before the command starts.
    @Test(arguments: ["pf", "pfctl"], commands) func aClosedPipeEndsItQuietly(name: String, arguments: [String]) async throws {
        try await TemporaryFolder.with { folder in
            let script = #"exec 3> >(:); wait "$!"; "$@" >&3"#
            let process = try RunningProcess(
                "/bin/bash", ["-c", script, "bash", InterruptionTests.executable(name)] + arguments, environment: ["HOME": folder],
                errors: folder + "/errors")
            let status = try await within(.testDeadline, "the command to end") { await process.waitForExit() }
            #expect(status == 1)
            let errors = try String(contentsOfFile: folder + "/errors", encoding: .utf8)
            #expect(errors.isEmpty)
        }
    }
}
