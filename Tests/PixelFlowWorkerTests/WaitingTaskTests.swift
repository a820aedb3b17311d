import Conformance
import PixelFlowCore
import PixelFlowWorker
import Testing

/// Tasks whose dispatch message never arrives.
@Suite struct WaitingTaskTests {
    @Test func anIdleWorkerClaimsTasksWithoutDispatchMessages() async throws {
        var harness = try WorkerHarness()
        harness.pollInterval = .milliseconds(5)
        let fixed = harness
        try await fixed.run { _ in
            // More than there are slots.
            var tasks: [TaskRecord] = []
            for _ in 0..<10 { tasks.append(try await fixed.add()) }
            for task in tasks { #expect(try await fixed.final(task.id).status == .completed) }
        }
        #expect(fixed.registry["tasks_claimed_by_poll_total"] == 10)
    }

    @Test func anIdleWorkerClaimsFromItsLanesOnly() async throws {
        var harness = try WorkerHarness()
        harness.pollInterval = .milliseconds(5)
        harness.lanes = [.high, .low]
        let fixed = harness
        let other = try await fixed.add(lane: .normal)
        try await fixed.run { _ in
            // Later tasks in the other lanes are claimed, so the worker has polled by then.
            for lane in [Lane.low, .high] {
                let task = try await fixed.add(lane: lane)
                #expect(try await fixed.final(task.id).status == .completed)
            }
        }
        #expect(try await fixed.task(other.id).status == .pending)
    }

    @Test func laneListIsValidated() throws {
        func lanes(_ text: String) throws -> Set<Lane> {
            try Settings(environment: ["PIXELFLOW_WORKER_LANES": text])[WorkerSettings.lanesSetting]
        }
        #expect(try lanes("low,high") == [.high, .low])
        #expect(try Settings(environment: [:])[WorkerSettings.lanesSetting] == Set(Lane.allCases))
        for wrong in ["urgent", "high,,low", "high,high", ","] {
            #expect(throws: PixelFlowError.self) { try lanes(wrong) }
        }
    }

    @Test func aTaskCancelledBeforeItRunsIsNotClaimed() async throws {
        var harness = try WorkerHarness()
        harness.pollInterval = .milliseconds(5)
        let fixed = harness
        let task = try await fixed.add()
        _ = try await fixed.store.cancel(task.id, of: WorkerHarness.tenant)
        let renderer = ScriptedRenderer()
        try await fixed.run(renderer) { _ in
            // A later task is claimed, so the worker has polled by then.
            let other = try await fixed.add()
            #expect(try await fixed.final(other.id).status == .completed)
        }
        #expect(renderer.jobs.count == 1)
        #expect(try await fixed.task(task.id).status == .cancelled)
    }
}
