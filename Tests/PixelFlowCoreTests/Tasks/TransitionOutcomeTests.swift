import PixelFlowCore
import Testing

/// What callers of a store learn from the outcome of a transition.
@Suite struct TransitionOutcomeTests {
    @Test func everyCallerGetsTheChange() throws {
        let task = try SampleTasks.make(.processing)
        let outcome = TransitionOutcome.changed(task)
        #expect(outcome.changed == task)
        #expect(outcome.completed == task)
        #expect(outcome.renewal == .extended)
        #expect(try outcome.cancelled() == task)
        #expect(try outcome.replayed() == task)
    }

    @Test func aMissingTaskIsNil() throws {
        #expect(TransitionOutcome.missing.changed == nil)
        #expect(TransitionOutcome.missing.completed == nil)
        #expect(TransitionOutcome.missing.renewal == .lost)
        #expect(try TransitionOutcome.missing.cancelled() == nil)
        #expect(try TransitionOutcome.missing.replayed() == nil)
    }

    @Test func onlyTheClaimThatHasCompletedTheTaskGetsItAgain() throws {
        let task = try SampleTasks.make(.completed)
        #expect(TransitionOutcome.refused(.alreadyCompleted, task).completed == task)
        for reason in [TransitionError.fenced, .wrongStatus(.completed), .deleted] {
            #expect(TransitionOutcome.refused(reason, task).completed == nil)
            #expect(TransitionOutcome.refused(reason, task).renewal == .lost)
        }
    }

    @Test func aRenewalReportsTheCancellation() throws {
        let task = try SampleTasks.make(.processing)
        #expect(TransitionOutcome.refused(.cancelRequested, task).renewal == .cancelRequested)
    }

    @Test func cancellingTwiceSucceeds() throws {
        let task = try SampleTasks.make(.processing)
        #expect(try TransitionOutcome.refused(.unchanged, task).cancelled() == task)
    }

    @Test func refusalsAreConflicts() throws {
        let task = try SampleTasks.make(.completed)
        let outcome = TransitionOutcome.refused(.wrongStatus(.completed), task)
        let cancelling = #expect(throws: PixelFlowError.self) { try outcome.cancelled() }
        #expect(cancelling?.kind == .conflict)
        #expect(cancelling?.code == "task_is_final")
        let replaying = #expect(throws: PixelFlowError.self) { try outcome.replayed() }
        #expect(replaying?.kind == .conflict)
        #expect(replaying?.code == "task_not_failed")
        let waiting = #expect(throws: PixelFlowError.self) { try TransitionOutcome.refused(.eventsWaiting, task).replayed() }
        #expect(waiting?.code == "task_events_waiting")
        #expect(waiting?.retryAfter == 5)
    }
}

@Suite struct TaskPageTests {
    @Test(arguments: [(0, false), (2, false), (3, false), (4, true)])
    func anExtraRowIndicatesANextPage(found: Int, hasNext: Bool) {
        let task = SampleTasks.make()
        let page = TaskPage(Array(repeating: task, count: found), limit: 3)
        #expect(page.tasks.count == min(found, 3))
        #expect(page.next == (hasNext ? task.id : nil))
    }
}

@Suite struct TaskStatisticsTests {
    @Test func percentilesUseTheNearestRank() {
        var statistics = TaskStatistics()
        statistics.setQueueLatency(waits: [:])
        #expect(statistics.queueLatencyP50 == nil)
        #expect(statistics.queueLatencyP95 == nil)
        statistics.setQueueLatency(waits: [.normal: [2_000_000]])
        #expect(statistics.queueLatencyP50 == 2)
        #expect(statistics.queueLatencyP95 == 2)
        // In any order, and in all lanes.
        let waits = (1...20).map { Int64($0) * 1_000_000 }
        statistics.setQueueLatency(waits: [.low: Array(waits.dropFirst(10).reversed()), .high: Array(waits.prefix(10))])
        #expect(statistics.queueLatencyP50 == 10)
        #expect(statistics.queueLatencyP95 == 19)
        #expect(statistics.lanes[.high]?.queueLatencyP95 == 10)
        #expect(statistics.lanes[.low]?.queueLatencyP50 == 15)
    }
}
