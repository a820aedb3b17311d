import Conformance
import NIOCore
import PixelFlowCore
import Testing

/// What happens to a task whose runs fail, by class of failure.
@Suite struct FailureClassTests {
    struct Ending: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var errors: [any Error & Sendable]
        var status: TaskStatus
        var code: String?
        var attempts: Int
        var runs: Int
    }

    struct Unforeseen: Error {}

    static func error(_ retry: PixelFlowError.Retry, _ code: String) -> PixelFlowError {
        PixelFlowError(.invalid, code: code, "It went wrong.", retry: retry)
    }

    static let endings: [Ending] = [
        Ending(
            testDescription: "permanent: failed at once", errors: [error(.permanent, "not_an_image")],
            status: .failed, code: "not_an_image", attempts: 1, runs: 1),
        Ending(
            testDescription: "transient: ten attempts", errors: Array(repeating: error(.transient, "source_timeout"), count: 19),
            status: .failed, code: "source_timeout", attempts: 10, runs: 10),
        Ending(
            testDescription: "transient, then well", errors: Array(repeating: error(.transient, "source_timeout"), count: 4),
            status: .completed, code: nil, attempts: 5, runs: 5),
        Ending(
            testDescription: "outage: no attempt spent", errors: Array(repeating: error(.outage, "blob_store_unavailable"), count: 8),
            status: .completed, code: nil, attempts: 1, runs: 9),
        Ending(
            testDescription: "one crash", errors: [error(.crash, "render_crashed")],
            status: .completed, code: nil, attempts: 2, runs: 2),
        Ending(
            testDescription: "two crashes: poison", errors: Array(repeating: error(.crash, "render_crashed"), count: 9),
            status: .failed, code: "poison", attempts: 2, runs: 2),
        Ending(
            testDescription: "killed from outside three times: no attempt spent",
            errors: Array(repeating: error(.killed, "render_killed"), count: 3), status: .completed, code: nil, attempts: 1, runs: 4),
        Ending(
            testDescription: "killed again in the run alone: poison", errors: Array(repeating: error(.killed, "render_killed"), count: 9),
            status: .failed, code: "poison", attempts: 0, runs: 4),
        Ending(
            testDescription: "unforeseen: as transient", errors: Array(repeating: Unforeseen(), count: 19),
            status: .failed, code: "internal_error", attempts: 10, runs: 10),
    ]

    @Test(arguments: endings)
    func failureClassDecidesTheEnd(_ ending: Ending) async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer { call, job in
            if call <= ending.errors.count { throw ending.errors[call - 1] }
            return .good(job)
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            let final = try await harness.final(task.id)
            #expect(final.status == ending.status)
            #expect(final.error?.code == ending.code)
            #expect(final.attempts == ending.attempts)
            #expect(renderer.jobs.count == ending.runs)
            #expect(final.lease == nil)
            try await harness.waitForObjects(of: final, harness.named(by: final))
        }
    }

    /// A suspected task runs alone, so that any crash during the run is its own fault; and every run names its tenant.
    @Test(arguments: [(PixelFlowError.Retry.crash, [false, true]), (.killed, [false, false, false, true]), (.transient, [false, false])])
    func suspectTasksRunAlone(retry: PixelFlowError.Retry, alone: [Bool]) async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer { call, job in
            if call < alone.count { throw Self.error(retry, "render_stopped") }
            return .good(job)
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            #expect(try await harness.final(task.id).status == .completed)
            #expect(renderer.jobs.map(\.runsAlone) == alone)
            #expect(renderer.jobs.allSatisfy { $0.tenant == WorkerHarness.tenant })
        }
    }

    @Test func aFailedTaskIsADeadLetterAndCanBeReplayed() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer { call, job in
            if call == 1 { throw Self.error(.permanent, "not_an_image") }
            return .good(job)
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            try await harness.final(task.id)
            _ = try await eventually("a dead letter") { harness.broker.deadLetters.contains { $0.id == task.id } ? true : nil }
            let replayed = try #require(try await harness.store.replay(task.id, of: WorkerHarness.tenant))
            worker.enqueue(replayed)
            let final = try await harness.final(task.id)
            #expect(final.status == .completed)
            #expect(final.generation == 2)
            #expect(final.error == nil)
            #expect(final.outputs.map { $0.image?.key } == [.output("web", of: final)])
        }
    }

    @Test func repeatedDispatchMessagesCauseOneRun() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            for _ in 0..<100 { worker.enqueue(task) }
            let final = try await harness.final(task.id)
            // Last in the queue: once it has completed, the others have been dropped.
            let last = try await harness.add()
            worker.enqueue(last)
            try await harness.final(last.id)
            #expect(renderer.jobs.count == 2)
            #expect(final.epoch == 1)
        }
    }

    @Test func aLostDispatchMessageIsSentAgain() async throws {
        let harness = try WorkerHarness()
        try await harness.run { _ in
            let task = try await harness.add()
            harness.clock.advance(by: .seconds(6))
            #expect(try await harness.final(task.id).status == .completed)
        }
    }
}
