import PixelFlowCore

extension TaskWorkerStoreConformance {
    static let waiting: [Case] = [
        Case("dispatch: a task that waits can be found without its dispatch message") { try await $0.waitingIsFound() },
        Case("lease: renewing moves its end") { try await $0.renewalMovesTheEnd() },
        Case("reopened, the store goes by the same rules") { try await $0.reopenedStoreGoesOn() },
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
        // One whose dispatch message the broker has is not one that a worker has.
        try await dispatcher.acknowledge([DispatchMessage(second)])
        _ = try await claim(first)
        try requireEqual(try await worker.waiting(longerThan: .zero, limit: 10), [second.id], "after a claim")
        _ = try await owner.cancel(second.id, of: Self.tenant)
        for status in TaskStatus.allCases where status != .pending { _ = try await add(status) }
        try requireEqual(try await worker.waiting(longerThan: .zero, limit: 10), [], "none but PENDING tasks")
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
