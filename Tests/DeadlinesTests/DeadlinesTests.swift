import Deadlines
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct DeadlinesTests {
    /// What never happens.
    private let never = AsyncStream<Int>.makeStream()
    private let soon = Duration.milliseconds(50)

    private func expectMiss(_ what: String, _ body: () async throws -> Void) async {
        let error = await #expect(throws: DeadlineExceeded.self) { try await body() }
        #expect(error?.what == what)
        #expect(error?.limit == soon)
        #expect(error?.location.hasPrefix("DeadlinesTests/DeadlinesTests.swift:") == true)
        #expect(error?.description.contains(what) == true)
    }

    @Test func valueBeforeTheDeadlineIsReturned() async throws {
        #expect(try await within(.testDeadline, "five") { 5 } == 5)
        #expect(try await Task { 6 }.value("six") == 6)
        never.continuation.yield(1)
        never.continuation.yield(2)
        #expect(try await never.stream.first("the second") { $0 == 2 } == 2)
        never.continuation.finish()
        try await never.stream.end("the end")
        #expect(try await never.stream.first("one more") == nil)
    }

    @Test func missingValueIsNamedInTheError() async throws {
        await expectMiss("a") { try await within(soon, "a") { for await _ in never.stream {} } }
        // One that does not care to be cancelled.
        await expectMiss("b") {
            try await within(soon, "b") { await Task.detached { try? await Task.sleep(for: .seconds(3)) }.value }
        }
        await expectMiss("c") { try await Task { try await Task.sleep(for: .seconds(20)) }.value(within: soon, "c") }
    }

    @Test func silentStreamIsNamedInTheError() async throws {
        await expectMiss("a") { try await never.stream.first(within: soon, "a") }
        await expectMiss("b") { try await AsyncStream<Int>.makeStream().stream.end(within: soon, "b") }
        await expectMiss("c") {
            var iterator = AsyncStream<Int>.makeStream().stream.makeAsyncIterator()
            try await iterator.next(within: soon, "c")
        }
    }

    @Test func anIteratorContinuesWhereItWas() async throws {
        var iterator = AsyncStream<Int> { continuation in
            for number in 0..<3 { continuation.yield(number) }
            continuation.finish()
        }.makeAsyncIterator()
        for number in 0..<3 { #expect(try await iterator.next("a number") == number) }
        #expect(try await iterator.next("the end") == nil)
    }

    @Test func errorsAreRethrown() async throws {
        struct Refused: Error {}
        await #expect(throws: Refused.self) { try await within(.testDeadline, "it") { throw Refused() } }
        await #expect(throws: Refused.self) { try await Task { throw Refused() }.value("it") }
        await #expect(throws: Refused.self) { try await eventually("it") { () -> Int? in throw Refused() } }
    }

    @Test func aConditionIsPolledUntilItHolds() async throws {
        let calls = Mutex(0)
        // Of more than one statement: not to be taken for a response that has come.
        try await eventually("three calls") {
            let count = calls.withLock { calls in
                calls += 1
                return calls
            }
            return count >= 3
        }
        #expect(calls.withLock { $0 } == 3)
        try await eventually("a fourth call") {
            calls.withLock { calls in
                calls += 1
                return calls >= 4
            }
        }
        #expect(try await eventually("a number") { calls.withLock { $0 > 3 ? $0 : nil } } == 4)
    }

    @Test func unmetConditionIsNamedInTheError() async throws {
        await expectMiss("a") { try await eventually(within: soon, "a") { false } }
        await expectMiss("b") { _ = try await eventually(within: soon, "b") { Int?.none } }
    }

    @Test func cancellationIsPropagated() async throws {
        let waiting = Task { try await within(.seconds(60), "it") { try await Task.sleep(for: .seconds(60)) } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value("the wait to end") }
    }
}

@Suite struct RunningProcessTests {
    @Test func killsRemainingProcesses() async throws {
        let process = try RunningProcess("sleep", ["60"])
        #expect(throws: DeadlineExceeded.self) { try process.waitForExit(within: .milliseconds(50), "sleep") }
        #expect(try await within(.testDeadline, "the process to be gone") { await process.waitForExit() } == -SIGKILL)
        #expect(try RunningProcess("true").waitForExit("true") == 0)
    }

    /// The threads of tests block signals.
    @Test func hearsSignals() async throws {
        let process = try RunningProcess("sleep", ["60"])
        process.signal(SIGTERM)
        #expect(try process.waitForExit("sleep") == -SIGTERM)
    }

    @Test func inheritsNoDescriptor() async throws {
        let file = try #require(fopen("/dev/null", "r"))
        defer { fclose(file) }
        #expect(try await Command.output("sh", "-c", "ls /proc/$$/fd").split(separator: "\n").count == 3)
    }

    @Test func namesAnExecutableThatCannotStart() {
        #expect(throws: RunningProcess.SpawnError.self) { try RunningProcess("/no/such/program") }
    }
}

@Suite struct CommandTests {
    @Test func reportsStatusOutputAndErrors() throws {
        let outcome = try Command.run(
            "sh", ["-c", "cat; echo $WORD >&2; exit 3"], environment: ["PATH": "/usr/bin:/bin", "WORD": "bad"], input: Array("in".utf8))
        #expect(outcome.status == 3)
        #expect(outcome.output == "in")
        #expect(outcome.errors == "bad\n")
    }

    /// More than a pipe holds.
    @Test func acceptsLargeOutput() throws {
        #expect(try Command.run("/usr/bin/head", ["-c", "1000000", "/dev/zero"]).output.utf8.count == 1_000_000)
    }

    @Test func endsAProcessThatTakesTooLong() {
        #expect(throws: DeadlineExceeded.self) { try Command.run("sleep", ["600"], within: .milliseconds(50)) }
    }
}
