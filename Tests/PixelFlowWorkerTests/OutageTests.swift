import Conformance
import PixelFlowCore
import Synchronization
import Testing

/// A result survives an outage of the task store.
@Suite struct OutageTests {
    @Test func aResultIsWrittenOnceTheStoreIsBack() async throws {
        var harness = try WorkerHarness()
        let calls = CallCounter()
        var store = InterposedTaskStore(harness.store)
        store.completing = { base, claim, manifest in
            if calls.next() <= 2 { throw PixelFlowError.unavailable("task_database") }
            return try await base.complete(claim, with: manifest)
        }
        try await expectOneCompletion(&harness, store)
    }

    @Test func aResultWithALostReplyIsKept() async throws {
        var harness = try WorkerHarness()
        let calls = CallCounter()
        var store = InterposedTaskStore(harness.store)
        store.completing = { base, claim, manifest in
            let task = try await base.complete(claim, with: manifest)
            if calls.next() == 1 { throw PixelFlowError.unavailable("task_database") }
            return task
        }
        try await expectOneCompletion(&harness, store)
    }

    private func expectOneCompletion(_ harness: inout WorkerHarness, _ store: InterposedTaskStore) async throws {
        harness.workerStore = store
        let fixed = harness
        let renderer = ScriptedRenderer()
        try await fixed.run(renderer) { worker in
            let task = try await fixed.add()
            worker.enqueue(task)
            let final = try await fixed.final(task.id)
            #expect(final.status == .completed)
            #expect(final.epoch == 1)
        }
        let task = try await fixed.store.list(TaskQuery(tenant: WorkerHarness.tenant)).tasks[0]
        #expect(renderer.jobs.count == 1)
        #expect(task.history.filter { $0.status == .completed }.count == 1)
        #expect(try await fixed.blobs.keys(task.blobPrefix) == fixed.named(by: task).sorted { $0.rawValue < $1.rawValue })
    }

    @Test func anOutageThatOutlastsTheLeaseLeavesTheTaskToTheNextRun() async throws {
        var harness = try WorkerHarness(policy: TaskPolicy(renewInterval: .seconds(600), renewDeadline: .milliseconds(60)))
        let refused = Gate()
        var store = InterposedTaskStore(harness.store)
        store.completing = { base, claim, manifest in
            if claim.epoch == 1 {
                refused.open()
                throw PixelFlowError.unavailable("task_database")
            }
            return try await base.complete(claim, with: manifest)
        }
        harness.workerStore = store
        let fixed = harness
        try await fixed.run { worker in
            let task = try await fixed.add()
            worker.enqueue(task)
            try await within(.seconds(10), "the first result to be refused") { try await refused.pass() }
            fixed.clock.advance(by: .seconds(31))
            let final = try await fixed.final(task.id)
            #expect(final.status == .completed)
            #expect(final.epoch == 2)
            // The objects of the first run have been removed, too.
            try await fixed.waitForObjects(of: final, fixed.named(by: final))
        }
    }
}

/// Numbers calls, starting at 1.
private final class CallCounter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
