import Conformance
import HistoryChecker
import PixelFlowCore
import Testing

/// The same accident twice: a worker stalls past its lease, another worker claims the task, and both finish.
/// With fencing, the history shows no violation. Without it, the checker must find one, which proves that the checker works.
@Suite struct FencingTests {
    @Test func fencingKeepsTheHistoryValid() async throws {
        let harness = try WorkerHarness()
        let history = try await stall(harness)
        #expect(HistoryChecker().violations(in: history) == [])
    }

    @Test func withoutFencingTheCheckerFindsAViolation() async throws {
        var harness = try WorkerHarness()
        harness.workerStore = InterposedTaskStore.withoutFencing(harness.store, tenant: WorkerHarness.tenant)
        let rules = Set(HistoryChecker().violations(in: try await stall(harness)).map(\.rule))
        #expect(rules.contains(.foreignManifest), "found \(rules)")
    }

    /// Makes the first run stall past its lease and end while the second is running.
    private func stall(_ harness: WorkerHarness) async throws -> History {
        let recorder = HistoryRecorder()
        let (first, second) = (Gate(), Gate())
        let renderer = ScriptedRenderer { call, job in
            if call == 1 { try await first.passStubbornly() }
            if call == 2 { try await second.passStubbornly() }
            return .good(job, mark: " \(call)")
        }
        try await harness.run(renderer) { worker in
            let task = try await harness.add()
            recorder.record(Promise(task: task.id, sourceSHA256: "sent", ending: .completed))
            worker.enqueue(task)
            try await renderer.waitForCall(1)
            harness.clock.advance(by: .seconds(31))
            try await renderer.waitForCall(2)
            first.open()
            // Claimed by the slot that had stalled, so the result of the stalled run has been written or discarded.
            let probe = try await harness.add()
            worker.enqueue(probe)
            try await harness.final(probe.id)
            recorder.record(Observation(try await harness.task(task.id)))
            second.open()
            try await harness.final(task.id)
            recorder.record(Observation(try await harness.task(task.id)))
        }
        let tasks = try await harness.store.list(TaskQuery(tenant: WorkerHarness.tenant)).tasks
        return recorder.history(tasks: tasks, objects: try await harness.blobs.keys(BlobKey(rawValue: WorkerHarness.tenant.rawValue)))
    }
}

extension Observation {
    fileprivate init(_ task: TaskRecord) {
        let outputs = task.outputs.compactMap { output in output.image.map { (output.name, $0.sha256) } }
        self.init(
            client: "reader", means: .response, task: task.id, status: task.status, generation: task.generation, revision: task.revision,
            outputs: Dictionary(uniqueKeysWithValues: outputs))
    }
}
