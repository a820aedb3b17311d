import Conformance
import PixelFlowCore
import Testing

/// What happens to running tasks when the worker is asked to stop.
@Suite struct ShutdownTests {
    @Test func runningTasksAreFinishedWithinTheGracePeriod() async throws {
        let harness = try WorkerHarness()
        let gate = Gate()
        let renderer = ScriptedRenderer { _, job in
            try await gate.pass()
            return .good(job)
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            await worker.stop()
            gate.open()
            try await within(.seconds(10), "the worker to stop") { try await worker.ended() }
            #expect(try await harness.task(task.id).status == .completed)
        }
    }

    @Test func runningTasksAreHandedBackAfterTheGracePeriod() async throws {
        var harness = try WorkerHarness()
        harness.grace = .milliseconds(50)
        let renderer = ScriptedRenderer { _, job in
            try await Gate.waitForCancellation()
            return .good(job)
        }
        let fixed = harness
        try await fixed.run(renderer) { worker in
            let task = try await fixed.add()
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            await worker.stop()
            try await within(.seconds(10), "the worker to stop") { try await worker.ended() }
            let left = try await fixed.task(task.id)
            #expect(left.status == .pending)
            #expect(left.attempts == 0)
            #expect(left.losses == 0)
            #expect(left.history.last?.reason == "handed_back")
            // Due immediately: the store keeps its timestamps distinct by microseconds.
            #expect(left.nextRunAt < fixed.clock.now() + .milliseconds(1))
            #expect(try await fixed.blobs.keys(task.blobPrefix) == [.upload(task.id, tenant: task.tenant)])
        }
    }

    @Test func noMoreTasksAreClaimed() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            await worker.stop()
            try await within(.seconds(10), "the worker to stop") { try await worker.ended() }
            let task = try await harness.add()
            worker.enqueue(task)
            try await harness.broker.publish([DispatchMessage(task)])
            #expect(renderer.jobs.isEmpty)
            #expect(try await harness.task(task.id).status == .pending)
        }
    }
}
