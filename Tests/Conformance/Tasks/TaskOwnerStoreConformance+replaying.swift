import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let replaying: [Case] = [
        Case("replay: a FAILED task starts again in the next generation") { try await $0.failedTaskStartsAnew() },
        Case("replay: all counters are reset except the epoch") { try await $0.countersBeginAgain() },
        Case("replay: only FAILED tasks") { try await $0.onlyFailedIsReplayed() },
        Case("replay: of 10 concurrent requests, one starts the task") { try await $0.oneReplayWins() },
        Case("replay: claims of earlier generations are fenced") { try await $0.earlierGenerationIsFenced() },
    ]

    func failedTaskStartsAnew() async throws {
        let failed = try await add(.failed)
        var replayed = failed
        replayed = try requireValue(try await owner.replay(failed.id, of: Self.tenant), "not there")
        try requireEqual(replayed.status, .pending, "status")
        try requireEqual(replayed.generation, failed.generation + 1, "generation")
        try requireEqual(replayed.error, nil, "error")
        try requireEqual(replayed.outputs, [], "outputs")
        try requireEqual(replayed.completedAt, nil, "completion time")
        try requireEqual(replayed.outbox.map(\.id), failed.outbox.map(\.id), "events")
        try require(replayed.dispatch.sequence > failed.dispatch.sequence, "the sequence did not grow")
        try require(replayed.dispatch.due <= now + policy.publishTimeout + .milliseconds(2), "the dispatch message is too far away")
        try await requireUnchanged(replayed, "nothing")
        try requireEqual(try await claim(replayed).epoch, failed.epoch + 1, "epoch of the next claim")
    }

    func countersBeginAgain() async throws {
        var task = try await add()
        for retry in [PixelFlowError.Retry.transient, .outage, .crash, .permanent] {
            pass(policy.retryLimit)
            let claimed = try await claim(task)
            task = try requireValue(try await worker.fail(claimed.claim, with: failure(retry)), "not failed")
        }
        try require(task.attempts > 0 && task.crashes > 0 && task.outages > 0, "no counter was raised")
        let replayed = try requireValue(try await owner.replay(task.id, of: Self.tenant), "not there")
        try requireEqual([replayed.attempts, replayed.crashes, replayed.losses, replayed.outages], [0, 0, 0, 0], "counters")
        try requireEqual(replayed.epoch, task.epoch, "epoch")
        try requireEqual(replayed.dispatch.acknowledged, 0, "acknowledgements")
    }

    func onlyFailedIsReplayed() async throws {
        for status in TaskStatus.allCases where status != .failed {
            let task = try await add(status)
            try await requireRefusal(.conflict, "replaying \(status)") { _ = try await owner.replay(task.id, of: Self.tenant) }
            try await requireUnchanged(task, "a refused replay")
        }
        try requireEqual(try await owner.replay(TaskID.make(at: now), of: Self.tenant), nil, "an unknown task")
    }

    func oneReplayWins() async throws {
        let failed = try await add(.failed)
        let responses = try await racing(10) { _ in try? await owner.replay(failed.id, of: Self.tenant) }.compactMap(\.self)
        try requireEqual(responses.count, 1, "replays")
        try requireEqual(try await stored(failed).generation, 2, "generation")
    }

    func earlierGenerationIsFenced() async throws {
        let failed = try await add(.failed)
        let replayed = try requireValue(try await owner.replay(failed.id, of: Self.tenant), "not there")
        let current = try await claim(replayed)
        try requireEqual(try await worker.complete(failed.claim, with: manifest(of: failed)), nil, "completion")
        try requireEqual(try await worker.fail(failed.claim, with: failure(.permanent)), nil, "failure")
        try requireEqual(try await worker.renew(failed.claim), .lost, "renewal")
        try await requireUnchanged(current, "a claim of an earlier generation")
    }
}
