import PixelFlowCore
import Testing
import WireFormats

/// The effects of transitions on the fields of a task.
@Suite struct TransitionTests {
    let machine = TaskStateMachine()
    let policy = TaskPolicy.standard

    @Test func claimWaitsForItsTime() throws {
        var task = SampleTasks.make()
        task.nextRunAt = SampleTasks.later
        #expect(throws: TransitionError.notDue) {
            try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: SampleTasks.later - .microseconds(1))
        }
        try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: SampleTasks.later)
        #expect(task.lease == Lease(worker: SampleTasks.worker, until: SampleTasks.later + policy.leaseDuration))
        #expect([task.epoch, task.attempts] == [1, 1])
        #expect(task.startedAt == SampleTasks.later)
        #expect(task.history.last?.worker == SampleTasks.worker)
    }

    @Test func renewalExtendsTheLeaseWithoutAVisibleChange() throws {
        let before = try SampleTasks.make(.processing)
        var task = before
        try machine.apply(.renew(task.claim), to: &task, at: SampleTasks.later)
        #expect(task.lease?.until == SampleTasks.later + policy.leaseDuration)
        #expect(task.revision == before.revision)
        #expect(task.updatedAt == before.updatedAt)
    }

    @Test func leaseExpiresToTheMicrosecond() throws {
        var task = try SampleTasks.make(.processing)
        let end = try #require(task.lease?.until)
        #expect(throws: TransitionError.notDue) { try machine.apply(.expire, to: &task, at: end - .microseconds(1)) }
        try machine.apply(.expire, to: &task, at: end)
        #expect(task.status == .pending)
        #expect([task.losses, task.attempts] == [1, 0])
        #expect(task.nextRunAt == end)
    }

    @Test func theTenthLossFailsTheTask() throws {
        var task = SampleTasks.make()
        for loss in 1...10 {
            try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: SampleTasks.later)
            try machine.apply(.reclaim, to: &task, at: SampleTasks.later)
            #expect(task.losses == loss)
            #expect(task.status == (loss < 10 ? .pending : .failed))
        }
        #expect(task.error?.code == "worker_lost")
    }

    @Test(arguments: [(PixelFlowError.Retry.transient, 10), (.crash, 2), (.permanent, 1)])
    func failsAfterTheLastAttempt(retry: PixelFlowError.Retry, failures: Int) throws {
        var task = SampleTasks.make()
        for failure in 1...failures {
            #expect(task.status == .pending)
            try failOnce(&task, retry)
            #expect(task.attempts == failure)
        }
        #expect(task.status == .failed)
        #expect(task.error?.code == (retry == .crash ? "poison" : "\(retry)"))
        #expect(task.outbox.count == 1)
    }

    @Test func killsCountNoAttemptUntilASuspectRunsAlone() throws {
        var task = SampleTasks.make()
        for kill in 1...3 {
            #expect(!machine.policy.isSuspect(task))
            try failOnce(&task, .killed)
            #expect(task.status == .pending)
            #expect([task.attempts, task.crashes, task.losses] == [0, 0, kill])
        }
        #expect(machine.policy.isSuspect(task))
        try failOnce(&task, .killed)
        #expect(task.status == .failed)
        #expect(task.error?.code == "poison")
    }

    /// A crash makes a task suspect; a kill from outside during the isolated run is still not a crash.
    @Test func aCrashMakesSuspectAndAKillAfterItIsNoCrash() throws {
        var task = SampleTasks.make()
        try failOnce(&task, .crash)
        #expect(machine.policy.isSuspect(task))
        try failOnce(&task, .killed)
        #expect(task.status == .pending)
        #expect([task.attempts, task.crashes, task.losses] == [1, 1, 1])
        try failOnce(&task, .crash)
        #expect(task.error?.code == "poison")
    }

    @Test func outagesNeverFailATask() throws {
        var task = SampleTasks.make()
        for outage in 1...100 {
            try failOnce(&task, .outage)
            #expect(task.status == .pending)
            #expect([task.attempts, task.outages] == [0, outage])
        }
    }

    @Test(arguments: [0.0, 0.25, 1.0])
    func retryIsDelayedByItsPartOfTheBound(jitter: Double) throws {
        var task = SampleTasks.make()
        for bound in [2.0, 4, 8, 16] {
            try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: task.nextRunAt)
            let now = task.nextRunAt
            try machine.apply(.fail(task.claim, SampleTasks.failure(.transient), jitter: jitter), to: &task, at: now)
            #expect((task.nextRunAt - now).seconds == bound * (1 + jitter) / 2)
            #expect(task.dispatch.due == task.nextRunAt)
        }
    }

    /// In the worst case of jitter, and with attempts that take no time.
    @Test(arguments: [0.0, 0.5, 1.0])
    func aSourceOutageOfFiveMinutesFailsNoTask(jitter: Double) throws {
        var task = SampleTasks.make()
        let back = SampleTasks.start + .seconds(300)
        var longest = Duration.zero
        while task.nextRunAt <= back {
            let now = task.nextRunAt
            try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: now)
            try machine.apply(.fail(task.claim, SampleTasks.failure(.transient), jitter: jitter), to: &task, at: now)
            try #require(task.status == .pending)
            longest = max(longest, task.nextRunAt - now)
        }
        #expect(task.attempts < policy.maxAttempts)
        // The schedule continues to its documented end, then the task fails.
        while task.status == .pending {
            let now = task.nextRunAt
            try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: now)
            try machine.apply(.fail(task.claim, SampleTasks.failure(.transient), jitter: jitter), to: &task, at: now)
            if task.status == .pending { longest = max(longest, task.nextRunAt - now) }
        }
        #expect(task.status == .failed)
        #expect(task.attempts == policy.maxAttempts)
        #expect(longest == policy.transientDelay(failures: 8, jitter: jitter))
    }

    @Test func retriesAreBoundedInTimeAsWell() throws {
        var task = SampleTasks.make()
        var failure = SampleTasks.failure(.transient)
        failure.retryAfter = 86_400
        var waits: [Double] = []
        while task.status == .pending {
            let now = task.nextRunAt
            try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: now)
            try machine.apply(.fail(task.claim, failure, jitter: 0), to: &task, at: now)
            if task.status == .pending { waits.append((task.nextRunAt - now).seconds) }
        }
        #expect(task.status == .failed)
        #expect(waits == Array(repeating: 3600, count: 6))
        #expect(task.attempts == 7)
        #expect(task.failingSince == SampleTasks.start)
    }

    @Test func redispatchIntervalsGrow() throws {
        var task = SampleTasks.make()
        var sequence = task.dispatch.sequence
        for minutes in [15, 30, 60, 120, 240, 480, 960, 1440, 1440] {
            let now = task.dispatch.due
            #expect(throws: TransitionError.notDue) { try machine.apply(.dispatch, to: &task, at: now - .microseconds(1)) }
            try machine.apply(.dispatch, to: &task, at: now)
            #expect(task.dispatch.due == now + .seconds(5))
            #expect(task.dispatch.sequence == sequence + 1)
            sequence += 1
            try machine.apply(.acknowledgeDispatch(sequence: sequence), to: &task, at: now)
            #expect(task.dispatch.due == now + .seconds(60 * minutes))
        }
    }

    @Test func supersededDispatchMessageDoesNotDelayTheRetry() throws {
        var task = SampleTasks.make()
        let message = DispatchMessage(task)
        try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: SampleTasks.start)
        try machine.apply(.release(task.claim), to: &task, at: SampleTasks.start)
        #expect(throws: TransitionError.superseded) {
            try machine.apply(.acknowledgeDispatch(sequence: message.sequence), to: &task, at: SampleTasks.later)
        }
        #expect(task.dispatch.due <= SampleTasks.start)
    }

    @Test func replayStartsTheNextGeneration() throws {
        var task = SampleTasks.make()
        try failOnce(&task, .transient)
        try failOnce(&task, .outage)
        try failOnce(&task, .permanent)
        let failed = task
        try machine.apply(.replay, to: &task, at: SampleTasks.later)
        #expect(task.generation == 2)
        #expect([task.attempts, task.crashes, task.losses, task.outages] == [0, 0, 0, 0])
        #expect(failed.failingSince != nil)
        #expect(task.failingSince == nil)
        #expect(task.epoch == failed.epoch)
        #expect(task.error == nil)
        #expect(task.completedAt == nil)
        #expect(task.outbox.map(\.id) == failed.outbox.map(\.id))
        #expect(task.nextRunAt == SampleTasks.later)
    }

    @Test func eventsTellHowEachGenerationEnded() throws {
        var task = SampleTasks.make()
        try failOnce(&task, .transient)
        try failOnce(&task, .permanent)
        let first = task
        #expect(first.reportedStates == [first])
        try machine.apply(.replay, to: &task, at: SampleTasks.later)
        try failOnce(&task, .permanent)
        let second = task
        try machine.apply(.replay, to: &task, at: SampleTasks.later)
        try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: SampleTasks.later)
        let told = task.reportedStates
        #expect(told.map(\.outbox) == [first.outbox, [second.outbox[1]]])
        for (told, failed) in zip(told, [first, second]) {
            #expect(told.status == .failed)
            #expect(told.error == failed.error)
            #expect([told.generation, told.epoch, told.attempts] == [failed.generation, failed.epoch, failed.attempts])
            #expect(told.history == failed.history)
            #expect(told.completedAt == failed.completedAt)
            #expect(told.updatedAt == failed.updatedAt)
            #expect(told.revision == failed.revision)
            #expect(told.lease == nil)
        }
    }

    /// The event of the failure that is replayed is published already; that of an earlier one is not.
    @Test func replayKeepsTheEventOfItsOwnGeneration() throws {
        var task = SampleTasks.make()
        try failOnce(&task, .permanent)
        try machine.apply(.replay, to: &task, at: SampleTasks.later)
        try failOnce(&task, .permanent)
        try machine.apply(.acknowledgeEvents([task.outbox[1].id]), to: &task, at: SampleTasks.later)
        let waiting = task.outbox
        try machine.apply(.replay, to: &task, at: SampleTasks.later)
        #expect(task.outbox == waiting)
    }

    @Test func replaysWaitForEvents() throws {
        var task = SampleTasks.make()
        for _ in 1..<TaskStateMachine.outboxLimit {
            try failOnce(&task, .permanent)
            try machine.apply(.replay, to: &task, at: SampleTasks.later)
        }
        try failOnce(&task, .permanent)
        #expect(throws: TransitionError.eventsWaiting) { try machine.apply(.replay, to: &task, at: SampleTasks.later) }
        try machine.apply(.acknowledgeEvents([task.outbox[0].id]), to: &task, at: SampleTasks.later)
        try machine.apply(.replay, to: &task, at: SampleTasks.later)
        #expect(task.generation == TaskStateMachine.outboxLimit + 1)
    }

    @Test(arguments: [PixelFlowError.Retry.permanent, .transient, .outage, .crash, .killed])
    func cancellationSurvivesAFailure(retry: PixelFlowError.Retry) throws {
        var task = try SampleTasks.make(.processing)
        try machine.apply(.cancel, to: &task, at: SampleTasks.start)
        #expect(task.cancelRequested)
        #expect(throws: TransitionError.unchanged) { try machine.apply(.cancel, to: &task, at: SampleTasks.later) }
        #expect(throws: TransitionError.cancelRequested) { try machine.apply(.renew(task.claim), to: &task, at: SampleTasks.later) }
        try machine.apply(.fail(task.claim, SampleTasks.failure(retry), jitter: 1), to: &task, at: SampleTasks.later)
        #expect(task.status == .cancelled)
        #expect(task.error == nil)
        #expect(!task.cancelRequested)
    }

    @Test func historyKeepsItsBeginningAndItsEnd() throws {
        var task = SampleTasks.make()
        for _ in 0..<200 { try failOnce(&task, .outage) }
        #expect(task.history.count == TaskStateMachine.historyLimit)
        #expect(task.history.first?.reason == "created")
        #expect(task.history.last?.epoch == 200)
        #expect(task.history.dropFirst().map(\.epoch) == task.history.dropFirst().map(\.epoch).sorted())
    }

    @Test func admissionSetsTheStoresTimes() {
        let task = SampleTasks.make()
        let admitted = machine.admit(task, at: SampleTasks.later)
        #expect([admitted.nextRunAt, admitted.updatedAt] == [SampleTasks.later, SampleTasks.later])
        #expect(admitted.dispatch.due == SampleTasks.later + policy.publishTimeout)
        #expect(admitted.createdAt == task.createdAt)
    }

    private func failOnce(_ task: inout TaskRecord, _ retry: PixelFlowError.Retry) throws {
        let now = task.nextRunAt
        try machine.apply(.claim(worker: SampleTasks.worker), to: &task, at: now)
        try machine.apply(.fail(task.claim, SampleTasks.failure(retry), jitter: 0.5), to: &task, at: now)
    }
}
