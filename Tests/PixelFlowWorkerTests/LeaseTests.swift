import Conformance
import PixelFlowCore
import Synchronization
import Testing

/// What a worker does with a task that it has lost, or may have lost.
@Suite struct LeaseTests {
    @Test func aLateResultIsDiscarded() async throws {
        let harness = try WorkerHarness()
        let first = Gate()
        let renderer = ScriptedRenderer { call, job in
            if call == 1 { try await first.passStubbornly() }
            return .good(job, mark: " \(call)")
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            // The dispatcher finds that the lease has expired, and the other slot claims the task.
            harness.clock.advance(by: .seconds(31))
            let completed = try await harness.final(task.id)
            #expect(completed.epoch == 2)
            #expect(completed.losses == 1)
            #expect(completed.attempts == 1)
            first.open()
            // The first run must write and remove its outputs before its slot can claim another task.
            try await harness.waitForObjects(of: completed, harness.named(by: completed))
            #expect(try await harness.task(task.id).outputs == completed.outputs)
            #expect(try await harness.text(.output("web", of: completed)) == "image of web 2")
        }
        let final = try await harness.store.list(TaskQuery(tenant: WorkerHarness.tenant)).tasks
        for task in final { #expect(try await harness.blobs.keys(task.blobPrefix).count == 2) }
    }

    @Test func aRunEndsWhenARenewalFindsItsLeaseLost() async throws {
        let policy = TaskPolicy(renewInterval: .milliseconds(20), renewDeadline: .seconds(10))
        var harness = try WorkerHarness(policy: policy)
        var store = InterposedTaskStore(harness.store)
        let isRendering = Mutex(false)
        // As after a pause of the machine: the worker's renewal comes when the lease is already lost. Not before the renderer has been
        // called: a run that ends earlier never reaches its renewal.
        store.renewing = { _, claim in claim.epoch == 1 && isRendering.withLock { $0 } ? .lost : .extended }
        harness.workerStore = store
        let cancelled = Gate()
        let renderer = ScriptedRenderer { call, job in
            guard call == 1 else { return .good(job) }
            isRendering.withLock { $0 = true }
            do {
                try await Gate.waitForCancellation()
            } catch {
                cancelled.open()
                throw error
            }
            return .good(job)
        }
        let fixed = harness
        try await fixed.run(renderer) { worker in
            let task = try await fixed.add()
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            try await within(.seconds(10), "the first run to be stopped") { try await cancelled.pass() }
            fixed.clock.advance(by: .seconds(31))
            let final = try await fixed.final(task.id)
            #expect(final.status == .completed)
            #expect(final.epoch == 2)
        }
    }

    /// Runs a worker whose first run cannot renew its lease while it renders, until that run is given up.
    private func withoutRenewal(
        _ fail: @escaping @Sendable () async throws -> Void,
        _ body: @escaping @Sendable (WorkerHarness, TaskRecord) async throws -> Void
    ) async throws {
        var harness = try WorkerHarness(policy: TaskPolicy(renewInterval: .milliseconds(10), renewDeadline: .milliseconds(50)))
        var store = InterposedTaskStore(harness.store)
        let isRendering = Mutex(false)
        store.renewing = { base, claim in
            if claim.epoch == 1, isRendering.withLock({ $0 }) { try await fail() }
            return try await base.renew(claim)
        }
        harness.workerStore = store
        let cancelled = Gate()
        let renderer = ScriptedRenderer { call, job in
            guard call == 1 else { return .good(job) }
            isRendering.withLock { $0 = true }
            do {
                try await Gate.waitForCancellation()
            } catch {
                cancelled.open()
                throw error
            }
            return .good(job)
        }
        let fixed = harness
        try await fixed.run(renderer) { worker in
            let task = try await fixed.add()
            worker.enqueue(task)
            try await within(.seconds(10), "the run to be given up") { try await cancelled.pass() }
            try await body(fixed, task)
        }
    }

    @Test func aWorkerThatCannotRenewStopsItsRun() async throws {
        try await withoutRenewal {
            throw PixelFlowError.unavailable("task_database")
        } _: { harness, task in
            // Nothing was written: the task runs again once its lease is found to have expired.
            let given = try await harness.task(task.id).status
            #expect(given == .processing)
            harness.clock.advance(by: .seconds(31))
            let final = try await harness.final(task.id).status
            #expect(final == .completed)
        }
    }

    /// A call to the database may take longer than the lease has left: the run does not wait for it.
    @Test func aWorkerWhoseRenewalHangsStopsItsRun() async throws {
        let response = Gate()
        // Not cancelled with its caller.
        try await withoutRenewal {
            try await Task { try await response.pass() }.value
        } _: { harness, task in
            let given = try await harness.task(task.id).status
            #expect(given == .processing)
            response.open()
        }
    }

    @Test func tenLostLeasesFailATask() async throws {
        let harness = try WorkerHarness()
        let task = try await harness.add()
        for _ in 0..<10 {
            _ = try await harness.store.claim(task.id, by: WorkerID("vanishes"))
            harness.clock.advance(by: .seconds(31))
            _ = try await harness.store.expireLeases(limit: 1)
        }
        let final = try await harness.task(task.id)
        #expect(final.status == .failed)
        #expect(final.error?.code == "worker_lost")
    }
}
