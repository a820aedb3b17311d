import PixelFlowCore

extension TaskWorkerStoreConformance {
    static let claiming: [Case] = [
        Case("claim: of 50 concurrent claims, one succeeds") { try await $0.oneOfManyClaims() },
        Case("claim: sets status, epoch, attempts, lease and start") { try await $0.claimSetsTheRun() },
        Case("claim: only PENDING tasks") { try await $0.onlyPendingIsClaimed() },
        Case("claim: not before the time of the next run") { try await $0.claimWaitsForTheNextRun() },
        Case("claim: each epoch is used once") { try await $0.epochsGrow() },
    ]

    func oneOfManyClaims() async throws {
        let task = try await add()
        let claims = try await racing(50) { try await worker.claim(task.id, by: WorkerID("worker-\($0)")) }.compactMap(\.self)
        try requireEqual(claims.count, 1, "claims")
        let stored = try await stored(task)
        try requireEqual(stored, claims.first, "task after the race")
        try requireEqual(stored.epoch, 1, "epoch")
    }

    func claimSetsTheRun() async throws {
        let task = try await add()
        var claimed = task
        try await requireTime(policy.leaseDuration, "lease") {
            claimed = try await claim(task)
            return claimed.lease?.until ?? .distantFuture
        }
        try requireEqual(claimed.status, .processing, "status")
        try requireEqual(claimed.epoch, task.epoch + 1, "epoch")
        try requireEqual(claimed.attempts, 1, "attempts")
        try requireEqual(claimed.lease?.worker, Self.workerID, "worker")
        try requireEqual(claimed.startedAt, claimed.updatedAt, "start")
        try require(claimed.revision > task.revision, "the revision did not grow")
        try await requireUnchanged(claimed, "nothing")
    }

    func onlyPendingIsClaimed() async throws {
        for status in TaskStatus.allCases where status != .pending {
            let task = try await add(status)
            try requireEqual(try await worker.claim(task.id, by: WorkerID("other")), nil, "claim of \(status)")
            try await requireUnchanged(task, "a refused claim")
        }
        try requireEqual(try await worker.claim(TaskID.make(at: now), by: Self.workerID), nil, "claim of an unknown task")
    }

    func claimWaitsForTheNextRun() async throws {
        let claimed = try await addClaimed()
        let waiting = try requireValue(try await worker.fail(claimed.claim, with: failure(.transient)), "not failed")
        var early: TaskRecord?
        try await before(waiting.nextRunAt, "claim") {
            early = try await worker.claim(waiting.id, by: Self.workerID)
            return early == nil
        }
        if early == nil { pass(policy.retryBase) }
        let again = if let early { early } else { try await claim(waiting) }
        try requireEqual(again.epoch, 2, "epoch")
        try requireEqual(again.attempts, 2, "attempts")
    }

    func epochsGrow() async throws {
        var task = try await add()
        for epoch in 1...5 {
            let claimed = try await claim(task)
            try requireEqual(claimed.epoch, epoch, "epoch")
            task = try requireValue(try await worker.release(claimed.claim), "not released")
            try requireEqual(task.status, .pending, "status after the release")
            try requireEqual(task.attempts, 0, "attempts after the release")
            try requireEqual(task.lease, nil, "lease after the release")
        }
    }
}
