import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let cancelling: [Case] = [
        Case("cancel: a PENDING task is CANCELLED immediately") { try await $0.pendingIsCancelledAtOnce() },
        Case("cancel: the worker of a PROCESSING task is notified") { try await $0.workerHearsOfTheCancellation() },
        Case("cancel: repeating a request changes nothing") { try await $0.cancellingTwice() },
        Case("cancel: a final task is refused, an unknown one is not found") { try await $0.finalIsNotCancelled() },
        Case("cancel: against 20 concurrent claims, exactly one side wins") { try await $0.cancelRacesClaims() },
    ]

    func pendingIsCancelledAtOnce() async throws {
        let task = try await add()
        let cancelled = try requireValue(try await owner.cancel(task.id, of: Self.tenant), "not there")
        try requireEqual(cancelled.status, .cancelled, "status")
        try requireEqual(cancelled.completedAt, cancelled.updatedAt, "time")
        try await requireUnchanged(cancelled, "nothing")
        pass(policy.publishTimeout)
        try requireEqual(try await dispatcher.takeDue(limit: 10), [], "due tasks")
    }

    func workerHearsOfTheCancellation() async throws {
        let claimed = try await addClaimed()
        let asked = try requireValue(try await owner.cancel(claimed.id, of: Self.tenant), "not there")
        try requireEqual(asked.status, .processing, "status")
        try requireEqual(asked.cancelRequested, true, "request")
        try require(asked.revision > claimed.revision, "the revision did not grow")
        try requireEqual(try await worker.renew(claimed.claim), .cancelRequested, "renewal")
        try requireEqual(try await stored(claimed).lease, claimed.lease, "lease")
        let ended = try requireValue(try await worker.release(claimed.claim), "not given back")
        try requireEqual(ended.status, .cancelled, "status")
        try requireEqual(ended.cancelRequested, false, "request afterwards")
    }

    func cancellingTwice() async throws {
        let claimed = try await addClaimed()
        let asked = try await owner.cancel(claimed.id, of: Self.tenant)
        try requireEqual(try await owner.cancel(claimed.id, of: Self.tenant), asked, "second result")
    }

    func finalIsNotCancelled() async throws {
        for status in TaskStatus.allCases where status.isFinal {
            let task = try await add(status)
            try await requireRefusal(.conflict, "cancelling \(status)") { _ = try await owner.cancel(task.id, of: Self.tenant) }
            try await requireUnchanged(task, "a refused cancellation")
        }
        try requireEqual(try await owner.cancel(TaskID.make(at: now), of: Self.tenant), nil, "an unknown task")
    }

    func cancelRacesClaims() async throws {
        for _ in 0..<10 {
            let task = try await add()
            async let cancelled = owner.cancel(task.id, of: Self.tenant)
            let claims = try await racing(20) { try await worker.claim(task.id, by: WorkerID("\($0)")) }.compactMap(\.self)
            let seen = try requireValue(try await cancelled, "not there")
            let end = try await stored(task)
            try requireEqual(end, seen, "task after the race")
            if end.status == .cancelled {
                try requireEqual(claims.count, 0, "claims of a cancelled task")
            } else {
                try requireEqual(claims.count, 1, "claims")
                try requireEqual(end.cancelRequested, true, "request")
            }
        }
    }
}
