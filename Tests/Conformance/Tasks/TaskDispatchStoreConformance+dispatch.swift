import PixelFlowCore

extension TaskDispatchStoreConformance {
    static let dispatch: [Case] = [
        Case("dispatch: an unclaimed task is due after its publish timeout, not before") { try await $0.dueAfterTheGrace() },
        Case("dispatch: of 10 dispatchers one gets each task") { try await $0.oneDispatcherGetsEach() },
        Case("dispatch: the redispatch interval doubles with each acknowledgement") { try await $0.acknowledgedIsTrusted() },
        Case("dispatch: the redispatch interval has a limit") { try await $0.trustHasALimit() },
        Case("dispatch: acknowledging an older dispatch message changes nothing") { try await $0.olderAcknowledgementIsIgnored() },
        Case("dispatch: a dispatch message that was delivered in vain is published again") { try await $0.lostIsDue() },
        Case("dispatch: a late acknowledgement does not delay a retry") { try await $0.lateAcknowledgementDoesNotDelayARetry() },
        Case("dispatch: acknowledging an unknown, claimed or final task changes nothing") { try await $0.strayAcknowledgements() },
        Case("dispatch: only PENDING tasks are due, up to the limit") { try await $0.onlyPendingIsDue() },
        Case("dispatch: a retry is due when it may run") { try await $0.retryIsDueWhenItMayRun() },
    ]

    func dueAfterTheGrace() async throws {
        let task = try await add()
        try await before(task.dispatch.due, "dispatch message") { try await dispatcher.takeDue(limit: 10).isEmpty }
        var taken = task
        pass(policy.publishTimeout)
        try await requireTime(policy.publishTimeout, "next dispatch message") {
            taken = try await takeDue(passing: .zero)
            return taken.dispatch.due
        }
        try requireEqual(taken.id, task.id, "task")
        try require(taken.dispatch.sequence > task.dispatch.sequence, "the sequence did not grow")
        try await requireUnchanged(taken, "nothing")
        // Unacknowledged, so it becomes due again.
        try requireEqual(try await takeDue().id, task.id, "task")
    }

    func oneDispatcherGetsEach() async throws {
        var ids: Set<TaskID> = []
        for _ in 0..<20 { ids.insert(try await add().id) }
        pass(policy.publishTimeout)
        _ = try await soon("dispatch message") { now >= (try await latestDue()) ? true : nil }
        let taken = try await racing(10) { _ in try await dispatcher.takeDue(limit: 100) }.joined().map {
            "\($0.id) \($0.dispatch.sequence)"
        }
        try requireEqual(Set(taken).count, taken.count, "one dispatch message was given to two dispatchers: \(taken.count)")
        try require(ids.allSatisfy { id in taken.contains { $0.hasPrefix(id.rawValue) } }, "a task was not taken")
    }

    func acknowledgedIsTrusted() async throws {
        try await add()
        var interval = policy.redispatchInterval
        for round in 1...3 {
            let taken = try await takeDue(passing: round == 1 ? policy.publishTimeout : interval)
            if round > 1 { interval *= 2 }
            try await requireTime(interval, "dispatch message after acknowledgement \(round)") {
                try await dispatcher.acknowledge([DispatchMessage(taken)])
                return try await stored(taken).dispatch.due
            }
            let trusted = try await stored(taken)
            try await before(trusted.dispatch.due, "second dispatch message") { try await dispatcher.takeDue(limit: 10).isEmpty }
        }
    }

    func lostIsDue() async throws {
        try await add()
        let taken = try await takeDue(passing: policy.publishTimeout)
        try requireEqual(
            try await dispatcher.redeliverLost(publishedBefore: now, limit: 10), 0, "counted as lost before the acknowledgement")
        try await dispatcher.acknowledge([DispatchMessage(taken)])
        let acknowledgedAt = try requireValue(try await stored(taken).dispatch.acknowledgedAt, "time of the acknowledgement")
        try requireEqual(
            try await dispatcher.redeliverLost(publishedBefore: acknowledgedAt - .milliseconds(1), limit: 10), 0,
            "counted as lost, though younger")
        // Once the interval has passed, it is due anyway.
        let trustedUntil = try await stored(taken).dispatch.due
        try await before(trustedUntil, "not counted as lost") {
            try await dispatcher.redeliverLost(publishedBefore: acknowledgedAt, limit: 10) == 1
        }
        let again = try await takeDue(passing: .zero)
        try requireEqual(again.id, taken.id, "task")
        try requireEqual(try await dispatcher.redeliverLost(publishedBefore: acknowledgedAt, limit: 10), 0, "counted as lost twice")
    }

    func trustHasALimit() async throws {
        guard clock != nil else { return }
        try await add()
        for _ in 0..<12 {
            let taken = try await takeDue(passing: policy.redispatchIntervalLimit)
            try await dispatcher.acknowledge([DispatchMessage(taken)])
        }
        let taken = try await takeDue(passing: policy.redispatchIntervalLimit)
        try await requireTime(policy.redispatchIntervalLimit, "dispatch message after many acknowledgements") {
            try await dispatcher.acknowledge([DispatchMessage(taken)])
            return try await stored(taken).dispatch.due
        }
    }

    func olderAcknowledgementIsIgnored() async throws {
        let task = try await add()
        let taken = try await takeDue()
        try await dispatcher.acknowledge([DispatchMessage(task)])
        try await requireUnchanged(taken, "an older acknowledgement")
        try await dispatcher.acknowledge([DispatchMessage(taken)])
        try require(try await stored(taken) != taken, "the latest acknowledgement was ignored")
        let trusted = try await stored(taken)
        try await dispatcher.acknowledge([DispatchMessage(task)])
        try await requireUnchanged(trusted, "an older acknowledgement")
    }

    func lateAcknowledgementDoesNotDelayARetry() async throws {
        for end in ["release", "transient", "outage"] {
            let task = try await add()
            let claimed = try await claim(task)
            let waiting =
                switch end {
                case "release": try await worker.release(claimed.claim)
                case "transient": try await worker.fail(claimed.claim, with: failure(.transient))
                default: try await worker.fail(claimed.claim, with: failure(.outage))
                }
            let retry = try requireValue(waiting, "not given back")
            pass(policy.retryBase)
            _ = try await soon("the retry's time") { now >= retry.nextRunAt ? true : nil }
            // For the dispatch message of the first run; because acknowledgements are batched, it can arrive this late.
            try await dispatcher.acknowledge([DispatchMessage(task)])
            try await requireUnchanged(retry, "a late acknowledgement after \(end)")
        }
    }

    func strayAcknowledgements() async throws {
        for status in TaskStatus.allCases where status != .pending {
            let task = try await add(status)
            try await dispatcher.acknowledge([DispatchMessage(task)])
            try await requireUnchanged(task, "an acknowledgement")
        }
        try await dispatcher.acknowledge([DispatchMessage(sample())])
        try await dispatcher.acknowledge([])
    }

    func onlyPendingIsDue() async throws {
        for status in TaskStatus.allCases where status != .pending { _ = try await add(status) }
        let first = try await add()
        clock?.advance(by: .milliseconds(2))
        let second = try await add()
        let deleted = try await add()
        _ = try await owner.delete(deleted.id, of: Self.tenant)
        pass(policy.publishTimeout)
        var taken: [TaskID] = []
        while taken.count < 2 {
            taken += try await soon("dispatch message") {
                let due = try await dispatcher.takeDue(limit: 1)
                try require(due.count <= 1, "more than asked for")
                return due.isEmpty ? nil : due.map(\.id)
            }
        }
        if clock != nil { try requireEqual(taken, [first.id, second.id], "longest due first") }
        let rest = try await dispatcher.takeDue(limit: 10).map(\.id)
        try require(Set(taken + rest).isSubset(of: [first.id, second.id]), "a task that is not PENDING was taken")
    }

    func retryIsDueWhenItMayRun() async throws {
        let claimed = try await addClaimed()
        let waiting = try requireValue(try await worker.fail(claimed.claim, with: failure(.transient)), "not failed")
        try await before(waiting.nextRunAt, "dispatch message") { try await dispatcher.takeDue(limit: 10).isEmpty }
        let taken = try await takeDue(passing: policy.retryBase)
        try requireEqual(taken.id, claimed.id, "task")
        _ = try requireValue(try await worker.claim(taken.id, by: Self.workerID), "dispatched, but cannot be claimed")
    }

    private func takeDue(passing duration: Duration? = nil) async throws -> TaskRecord {
        pass(duration ?? policy.publishTimeout)
        return try await soon("dispatch message") { try await dispatcher.takeDue(limit: 1).first }
    }

    private func latestDue() async throws -> Timestamp {
        try await owner.list(TaskQuery(tenant: Self.tenant)).tasks.map(\.dispatch.due).max() ?? .distantFuture
    }
}
