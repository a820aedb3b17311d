import PixelFlowCore
import WireFormats

extension TaskWorkerStoreConformance {
    static let failures: [Case] = [
        Case("fail: a permanent failure is final immediately") { try await $0.permanentFailureIsFinal() },
        Case("fail: a transient failure is retried until all attempts are used") { try await $0.transientFailuresSpendAttempts() },
        Case("fail: Retry-After of the source is honoured, up to a limit") { try await $0.retryAfterIsHonoured() },
        Case("fail: the store records since when a task has been failing") { try await $0.failingSinceIsKept() },
        Case("fail: an outage counts no attempt") { try await $0.outagesSpendNothing() },
        Case("fail: an image that kills the render process twice is poison") { try await $0.crashesArePoison() },
        Case("fail: external kills count no attempt, and end after a run alone") { try await $0.killsEndAfterARunAlone() },
        Case("fail: delays are spread over the upper half of their range, and stay in it") { try await $0.delaysAreSpread() },
        Case("fail: a cancelled task is not retried") { try await $0.cancelledTaskIsNotTriedAgain() },
    ]

    func permanentFailureIsFinal() async throws {
        let claimed = try await addClaimed()
        var reason = failure(.permanent, code: "not_an_image")
        reason.outputs = [TaskOutput(name: "web", error: reason.error)]
        let failed = try requireValue(try await worker.fail(claimed.claim, with: reason), "not failed")
        try requireEqual(failed.status, .failed, "status")
        try requireEqual(failed.error?.code, "not_an_image", "code")
        try requireEqual(failed.outputs, reason.outputs, "outputs")
        try requireEqual(failed.outbox.map(\.status), [.failed], "events")
        try requireEqual(failed.lease, nil, "lease")
        try await requireUnchanged(failed, "nothing")
    }

    func transientFailuresSpendAttempts() async throws {
        var task = try await add()
        for attempt in 1..<policy.maxAttempts {
            let failed = try await failOnce(task, .transient)
            try requireEqual(failed.status, .pending, "status after attempt \(attempt)")
            try requireEqual(failed.attempts, attempt, "attempts")
            try requireEqual(failed.error?.code, "went_wrong", "code")
            try requireEqual(failed.outbox, [], "events")
            try requireDelay(
                failed, from: policy.transientDelay(failures: attempt - 1, jitter: 0),
                within: policy.transientDelay(failures: attempt - 1, jitter: 1))
            task = failed
        }
        let last = try await failOnce(task, .transient)
        try requireEqual(last.status, .failed, "status after the last attempt")
        try requireEqual(last.attempts, policy.maxAttempts, "attempts")
        try requireEqual(last.error?.code, "went_wrong", "code")
    }

    func retryAfterIsHonoured() async throws {
        for (asked, granted) in [(Int.max, policy.retryAfterLimit), (86_400, policy.retryAfterLimit), (-1, .zero)] {
            let claimed = try await addClaimed()
            var reason = failure(.transient)
            reason.retryAfter = asked
            let failed = try requireValue(try await worker.fail(claimed.claim, with: reason), "not failed")
            try requireEqual(failed.status, .pending, "status")
            let least = max(granted, policy.transientDelay(failures: 0, jitter: 0))
            try requireDelay(failed, from: least, within: max(granted * 1.1, policy.retryBase))
        }
        // The `retryAfter` of a backend is not that of the source.
        let claimed = try await addClaimed()
        var reason = failure(.outage)
        reason.retryAfter = 86_400
        let failed = try requireValue(try await worker.fail(claimed.claim, with: reason), "not failed")
        try requireDelay(failed, within: policy.retryBase)
    }

    func failingSinceIsKept() async throws {
        let task = try await add()
        try requireEqual(task.failingSince, nil, "before any failure")
        let first = try await failOnce(try await failOnce(task, .outage), .transient)
        try requireEqual(first.failingSince, first.updatedAt, "after the first transient failure")
        let second = try await failOnce(first, .transient)
        try requireEqual(second.failingSince, first.failingSince, "after the second")
        try requireEqual(try await stored(second), second, "as stored")
        let failed = try await failOnce(second, .permanent)
        let replayed = try requireValue(try await owner.replay(failed.id, of: Self.tenant), "not there")
        try requireEqual(replayed.failingSince, nil, "after a replay")
    }

    func outagesSpendNothing() async throws {
        var task = try await add()
        for outage in 1...(policy.maxAttempts * 2) {
            task = try await failOnce(task, .outage)
            try requireEqual(task.status, .pending, "status after outage \(outage)")
            try requireEqual(task.attempts, 0, "attempts")
            try requireDelay(task, within: policy.retryDelay(failures: 3, jitter: 1))
        }
        try requireEqual(task.outages, policy.maxAttempts * 2, "outages")
    }

    func crashesArePoison() async throws {
        var task = try await add()
        for crash in 1..<policy.maxCrashes {
            task = try await failOnce(task, .crash)
            try requireEqual(task.status, .pending, "status after crash \(crash)")
            try requireEqual(task.crashes, crash, "crashes")
        }
        let poison = try await failOnce(task, .crash)
        try requireEqual(poison.status, .failed, "status")
        try requireEqual(poison.error?.code, "poison", "code")
    }

    func killsEndAfterARunAlone() async throws {
        var task = try await add()
        for kill in 1...policy.suspectLosses {
            task = try await failOnce(task, .killed)
            try requireEqual(task.status, .pending, "status after kill \(kill)")
            try requireEqual([task.attempts, task.crashes, task.losses], [0, 0, kill], "attempts, crashes and losses")
        }
        try require(policy.isSuspect(task), "not suspect after \(task.losses) kills")
        let poison = try await failOnce(task, .killed)
        try requireEqual(poison.status, .failed, "status")
        try requireEqual(poison.error?.code, "poison", "code")
    }

    func delaysAreSpread() async throws {
        let bound = policy.retryBase.seconds
        var delays: [Double] = []
        for _ in 0..<40 {
            let failed = try await failOnce(try await add(), .transient)
            try requireDelay(failed, from: policy.retryBase / 2, within: policy.retryBase)
            delays.append((failed.nextRunAt - failed.updatedAt).seconds / bound)
        }
        // By chance, each half is missed once in 2^40 runs.
        try require(delays.contains { $0 < 0.75 } && delays.contains { $0 > 0.75 }, "no spread: \(delays)")
    }

    func cancelledTaskIsNotTriedAgain() async throws {
        for retry in [PixelFlowError.Retry.permanent, .transient, .outage, .crash, .killed] {
            let claimed = try await addClaimed()
            _ = try await owner.cancel(claimed.id, of: Self.tenant)
            let ended = try requireValue(try await worker.fail(claimed.claim, with: failure(retry)), "not failed")
            try requireEqual(ended.status, .cancelled, "status after \(retry)")
            try requireEqual(ended.error, nil, "error after \(retry)")
        }
    }

    /// Claims the task as soon as possible, and fails it.
    private func failOnce(_ task: TaskRecord, _ retry: PixelFlowError.Retry) async throws -> TaskRecord {
        pass(policy.retryLimit)
        let claimed = try await claim(task)
        return try requireValue(try await worker.fail(claimed.claim, with: failure(retry)), "the failure was refused")
    }

    private func requireDelay(
        _ task: TaskRecord, from least: Duration = .zero, within bound: Duration, file: String = #fileID, line: Int = #line
    ) throws {
        let delay = task.nextRunAt - task.updatedAt
        try require(delay >= least && delay <= bound, "delay \(delay) is not within \(least) and \(bound)", file: file, line: line)
        try requireEqual(task.dispatch.due, task.nextRunAt, "dispatch message of the retry", file: file, line: line)
    }
}
