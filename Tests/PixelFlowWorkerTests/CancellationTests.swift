import Conformance
import PixelFlowCore
import Testing

/// What happens to work that is no longer wanted.
@Suite struct CancellationTests {
    /// A renderer that runs until it is cancelled.
    private static func endless() -> ScriptedRenderer {
        ScriptedRenderer { _, job in
            try await Gate.waitForCancellation()
            return .good(job)
        }
    }

    @Test func aRunIsStoppedOnceItsCancellationArrives() async throws {
        let harness = try WorkerHarness()
        let renderer = Self.endless()
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            let asked = try #require(try await harness.store.cancel(task.id, of: WorkerHarness.tenant))
            #expect(asked.status == .processing)
            // The renewal is ten minutes away, so only this call can have notified the worker.
            worker.publish(asked)
            let final = try await harness.final(task.id)
            #expect(final.status == .cancelled)
            #expect(final.outputs.isEmpty)
            try await harness.waitForObjects(of: final, [.upload(task.id, tenant: task.tenant)])
        }
    }

    @Test func aMissedCancellationIsFoundByTheRenewal() async throws {
        let harness = try WorkerHarness(policy: TaskPolicy(renewInterval: .milliseconds(20), renewDeadline: .seconds(10)))
        let renderer = Self.endless()
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            _ = try await harness.store.cancel(task.id, of: WorkerHarness.tenant)
            #expect(try await harness.final(task.id).status == .cancelled)
        }
    }

    @Test func aCancelledWaitingTaskNeverRuns() async throws {
        let harness = try WorkerHarness()
        let renderer = ScriptedRenderer()
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            _ = try await harness.store.cancel(task.id, of: WorkerHarness.tenant)
            worker.enqueue(task)
            let next = try await harness.add()
            worker.enqueue(next)
            try await harness.final(next.id)
            #expect(renderer.jobs.count == 1)
            #expect(try await harness.task(task.id).status == .cancelled)
        }
    }

    @Test func aRunWhoseTaskIsDeletedLeavesNothing() async throws {
        let harness = try WorkerHarness()
        let gate = Gate()
        let renderer = ScriptedRenderer { _, job in
            try await gate.passStubbornly()
            return .good(job)
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            _ = try await harness.store.delete(task.id, of: WorkerHarness.tenant)
            gate.open()
            try await harness.waitForObjects(of: task, [])
            // The record is removed after the objects; if a worker stops in between, the next one finishes the removal.
            try await eventually("nothing to be left of the task") { try await harness.store.deleted(limit: 10).isEmpty }
        }
    }
}
