import PixelFlowCore

extension TaskWorkerStoreConformance {
    static let waiting: [Case] = [
        Case("dispatch: a waiting task can be found without its dispatch message") { try await $0.waitingIsFound() },
        Case("dispatch: waiting tasks are found lane by lane") { try await $0.waitingIsFoundLaneByLane() },
        Case("dispatch: waiting tasks are found in the given lanes only") { try await $0.waitingIsFoundInSomeLanes() },
        Case("dispatch: held tasks wait for their turn, unless no dispatcher assigns turns") { try await $0.heldIsFoundOnlyWithoutTurns() },
        Case("claim: a held task can be claimed") { try await $0.heldCanBeClaimed() },
        Case("lease: renewal extends it") { try await $0.renewalMovesTheEnd() },
        Case("a reopened store follows the same rules") { try await $0.reopenedStoreGoesOn() },
    ]

    func waitingIsFound() async throws {
        let first = try await add()
        pass(.seconds(1))
        let second = try await add()
        try requireEqual(try await worker.waiting(longerThan: .seconds(600), limit: 10), [], "waiting for ten minutes")
        pass(.milliseconds(1))
        let found = try await soon("both tasks to wait") {
            let found = try await worker.waiting(longerThan: .zero, limit: 10)
            return found.count == 2 ? found : nil
        }
        try requireEqual(found, [first.id, second.id], "waiting, the oldest first")
        if clock != nil {
            try requireEqual(try await worker.waiting(longerThan: .milliseconds(500), limit: 10), [first.id], "waiting for half a second")
        }
        try requireEqual(try await worker.waiting(longerThan: .zero, limit: 1), [first.id], "with a limit")
        // That the broker has acknowledged the dispatch message does not mean that a worker has the task.
        try await dispatcher.acknowledge([DispatchMessage(second)])
        _ = try await claim(first)
        try requireEqual(try await worker.waiting(longerThan: .zero, limit: 10), [second.id], "after a claim")
        _ = try await owner.cancel(second.id, of: Self.tenant)
        for status in TaskStatus.allCases where status != .pending { _ = try await add(status) }
        try requireEqual(try await worker.waiting(longerThan: .zero, limit: 10), [], "none but PENDING tasks")
    }

    func waitingIsFoundLaneByLane() async throws {
        var expected: [TaskID] = []
        for lane in [Lane.low, .normal, .high] { expected.insert(try await add(lane: lane).id, at: 0) }
        pass(.milliseconds(1))
        let found = try await soon("three tasks to wait") {
            let found = try await worker.waiting(longerThan: .zero, limit: 10)
            return found.count == 3 ? found : nil
        }
        try requireEqual(found, expected, "waiting")
    }

    func waitingIsFoundInSomeLanes() async throws {
        let low = try await add(lane: .low)
        let normal = try await add(lane: .normal)
        let high = try await add(lane: .high)
        let held = try await add(lane: .low, isHeld: true)
        pass(.milliseconds(1))
        _ = try await soon("three tasks to wait") { try await worker.waiting(longerThan: .zero, limit: 10).count == 3 ? true : nil }
        for task in [low, normal, high] {
            let found = try await worker.waiting(longerThan: .zero, in: [task.lane], limit: 10)
            try requireEqual(found, [task.id], "waiting in the lane \(task.lane)")
        }
        let ends = try await worker.waiting(longerThan: .zero, in: [.high, .low], limit: 10)
        try requireEqual(ends, [high.id, low.id], "waiting in two lanes")
        _ = try await claim(low)
        try requireEqual(try await worker.waiting(longerThan: .zero, in: [.low], limit: 10), [], "while another lane has something sent")
        _ = try await claim(normal)
        _ = try await claim(high)
        try requireEqual(try await worker.waiting(longerThan: .zero, in: [.low], limit: 10), [held.id], "with nothing sent")
        try requireEqual(try await worker.waiting(longerThan: .zero, in: [.high], limit: 10), [], "in another lane")
    }

    func heldIsFoundOnlyWithoutTurns() async throws {
        let held = try await add(isHeld: true)
        let sent = try await add()
        pass(.milliseconds(1))
        let found = try await soon("a task to wait") {
            let found = try await worker.waiting(longerThan: .zero, limit: 10)
            return found.isEmpty ? nil : found
        }
        try requireEqual(found, [sent.id], "beside one that was sent")
        _ = try await claim(sent)
        try requireEqual(try await worker.waiting(longerThan: .zero, limit: 10), [held.id], "with nothing sent")
    }

    func heldCanBeClaimed() async throws {
        let claimed = try await claim(try await add(isHeld: true))
        try require(!claimed.dispatch.isHeld, "still held")
        try requireEqual(try await dispatcher.heldQueues(limit: 10), [], "held queues")
        let released = try requireValue(try await worker.release(claimed.claim), "not released")
        try require(!released.dispatch.isHeld, "held again")
    }

    func renewalMovesTheEnd() async throws {
        let claimed = try await addClaimed()
        pass(policy.leaseDuration / 2)
        try await requireTime(policy.leaseDuration, "end of the lease") {
            try requireEqual(try await worker.renew(claimed.claim), .extended, "renewal")
            return try await stored(claimed).lease?.until ?? .distantFuture
        }
        pass(policy.leaseDuration / 2)
        let end = try await stored(claimed).lease?.until ?? .distantFuture
        try await before(end, "expiry of a renewed lease") { try await dispatcher.expireLeases(limit: 10).isEmpty }
    }

    func reopenedStoreGoesOn() async throws {
        let claimed = try await addClaimed()
        let pending = try await add(key: "k")
        let reopened = try await reopen()
        try requireEqual(try await reopened.create(sample(key: "k")), .existing(pending), "the key")
        try requireEqual(try await reopened.claim(claimed.id, by: WorkerID("other")), nil, "a claim of the claimed")
        try requireEqual(try await reopened.complete(claimed.claim, with: manifest(of: claimed))?.status, .completed, "completion")
        try requireEqual(try await reopened.claim(pending.id, by: Self.workerID)?.epoch, 1, "a claim")
    }
}
