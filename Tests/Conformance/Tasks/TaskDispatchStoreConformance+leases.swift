import PixelFlowCore

extension TaskDispatchStoreConformance {
    static let leases: [Case] = [
        Case("lease: a task is reclaimed once its lease has expired, not before") { try await $0.leaseRunsOut() },
        Case("lease: of 10 dispatchers one takes a task back") { try await $0.oneDispatcherTakesBack() },
        Case("lease: a task that is lost too often fails") { try await $0.lostTooOften() },
        Case("lease: a cancelled task whose worker vanished is CANCELLED") { try await $0.lostAfterCancellation() },
        Case("lease: the longest overdue tasks come first, up to the limit") { try await $0.expiryKeepsItsLimit() },
    ]

    func leaseRunsOut() async throws {
        let claimed = try await addClaimed()
        let end = try requireValue(claimed.lease?.until, "no lease")
        var early: TaskRecord?
        try await before(end, "expiry") {
            early = try await dispatcher.expireLeases(limit: 10).first
            return early == nil
        }
        let lost = if let early { early } else { try await loseLease(of: claimed) }
        try requireEqual(lost.status, .pending, "status")
        try requireEqual(lost.losses, 1, "losses")
        try requireEqual(lost.attempts, 0, "attempts")
        try requireEqual(lost.lease, nil, "lease")
        try requireEqual(lost.history.last?.reason, "lease_lost", "reason")
        try await requireUnchanged(lost, "nothing")
        try requireEqual(try await worker.renew(claimed.claim), .lost, "renewal by the worker that was away")
        try requireEqual(try await worker.complete(claimed.claim, with: manifest(of: claimed)), nil, "completion by that worker")
        try requireEqual(try await claim(lost, by: WorkerID("worker-2")).epoch, 2, "epoch of the next claim")
    }

    func oneDispatcherTakesBack() async throws {
        var ids: Set<TaskID> = []
        for _ in 0..<5 { ids.insert(try await addClaimed().id) }
        pass(policy.leaseDuration)
        var taken: [TaskID] = []
        while taken.count < ids.count {
            taken += try await soon("expiry") {
                let responses = try await racing(10) { _ in try await dispatcher.expireLeases(limit: 10) }.joined().map(\.id)
                return responses.isEmpty ? nil : responses
            }
        }
        try requireEqual(taken.sorted(), ids.sorted(), "tasks reclaimed")
    }

    func lostTooOften() async throws {
        var task = try await add()
        for loss in 1..<policy.maxLosses {
            task = try await loseLease(of: try await claim(task))
            try requireEqual(task.status, .pending, "status after loss \(loss)")
            try requireEqual(task.losses, loss, "losses")
        }
        let failed = try await loseLease(of: try await claim(task))
        try requireEqual(failed.status, .failed, "status")
        try requireEqual(failed.error?.code, "worker_lost", "code")
        try requireEqual(failed.outbox.map(\.status), [.failed], "events")
    }

    func lostAfterCancellation() async throws {
        let claimed = try await addClaimed()
        _ = try await owner.cancel(claimed.id, of: Self.tenant)
        let ended = try await loseLease(of: claimed)
        try requireEqual(ended.status, .cancelled, "status")
        try requireEqual(ended.outbox.map(\.status), [.cancelled], "events")
    }

    func expiryKeepsItsLimit() async throws {
        let first = try await addClaimed()
        clock?.advance(by: .milliseconds(2))
        let second = try await addClaimed()
        pass(policy.leaseDuration)
        let taken = try await soon("expiry") {
            let taken = try await dispatcher.expireLeases(limit: 1)
            return taken.isEmpty ? nil : taken
        }
        try requireEqual(taken.map(\.id), [first.id], "first reclaimed")
        try requireEqual(try await loseLease(of: second).id, second.id, "next reclaimed")
    }

    private func loseLease(of task: TaskRecord) async throws -> TaskRecord {
        pass(policy.leaseDuration)
        return try await soon("expiry") { try await dispatcher.expireLeases(limit: 10).first { $0.id == task.id } }
    }
}
