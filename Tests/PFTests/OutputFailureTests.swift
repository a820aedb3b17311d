import PF
import StubService
import Terminal
import TerminalTesting
import Testing

/// An output that cannot be written.
@Suite(.timeLimit(.minutes(1))) struct OutputFailureTests {
    /// The last one follows changes until it is interrupted.
    private static let commands = [["tasks", "ls"], ["presets", "show", "mine"], ["completion", "bash"], ["--help"], ["events"]]

    @Test(arguments: commands) func isReportedOnce(arguments: [String]) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(arguments, writingTo: FailingStream(.failed("No space left on device")))
            #expect(outcome.status == .failed)
            #expect(outcome.errors == "error: the output cannot be written: No space left on device\n")
        }
    }

    @Test(arguments: commands) func endsQuietlyWithoutAReader(arguments: [String]) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(arguments, writingTo: FailingStream(.closed))
            #expect(outcome.status == .failed)
            #expect(outcome.errors.isEmpty)
        }
    }

    /// Nobody could be told.
    @Test func aFailureOfStandardErrorChangesNothing() async throws {
        try await FakeServer.run { server in
            let output = CapturedStream()
            let status = await UserCommandLine.run(
                ["tasks", "rm", "a"], console: Console(output: output, status: FailingStream(.closed)),
                environment: [
                    "HOME": server.folder, "PIXELFLOW_URL": "http://127.0.0.1:\(server.service.port)", "PIXELFLOW_TOKEN": "good",
                ])
            #expect(status == .ok)
            #expect(output.text == "task/a deleted\n")
        }
    }
}
