import PixelFlowCore

extension TaskWorkerStoreConformance {
    static let completion: [Case] = [
        Case("complete: the manifest becomes visible") { try await $0.manifestBecomesVisible() },
        Case("complete: repeated by the same claim, it returns the same task") { try await $0.repeatedCompletionGivesTheSame() },
        Case("complete: 20 concurrent repetitions give one manifest and one event") { try await $0.racingCompletionsAgree() },
        Case("complete: the claim of a deleted task is lost") { try await $0.deletedTaskIsNotCompleted() },
        Case("complete: wins against a cancellation that the worker has not seen") { try await $0.completionBeatsCancellation() },
    ]

    func manifestBecomesVisible() async throws {
        let claimed = try await addClaimed()
        let manifest = manifest(of: claimed)
        let done = try requireValue(try await worker.complete(claimed.claim, with: manifest), "not completed")
        try requireEqual(done.status, .completed, "status")
        try requireEqual(done.outputs, manifest.outputs, "outputs")
        try requireEqual(done.sourceMetadata, manifest.sourceMetadata, "source metadata")
        try requireEqual(done.error, nil, "error")
        try requireEqual(done.lease, nil, "lease")
        try requireEqual(done.completedAt, done.updatedAt, "time")
        try requireEqual(done.history.map(\.status), [.pending, .processing, .completed], "history")
        try await requireUnchanged(done, "nothing")
    }

    func repeatedCompletionGivesTheSame() async throws {
        let claimed = try await addClaimed()
        let done = try requireValue(try await worker.complete(claimed.claim, with: manifest(of: claimed)), "not completed")
        let again = try await worker.complete(claimed.claim, with: manifest(of: claimed, sha256: "other"))
        try requireEqual(again, done, "result of the repetition")
        try requireEqual(try await worker.fail(claimed.claim, with: failure(.permanent)), nil, "failure after completion")
        try requireEqual(try await worker.release(claimed.claim), nil, "release after completion")
        try requireEqual(try await worker.renew(claimed.claim), .lost, "renewal after completion")
        try await requireUnchanged(done, "the repetition")
    }

    func racingCompletionsAgree() async throws {
        let claimed = try await addClaimed()
        let responses = try await racing(20) { number in
            try await worker.complete(claimed.claim, with: manifest(of: claimed, sha256: "\(number)"))
        }
        try requireEqual(Set(responses).count, 1, "different responses")
        let done = try await stored(claimed)
        try requireEqual(responses.first, done, "result")
        try requireEqual(done.outbox.count, 1, "events")
    }

    func deletedTaskIsNotCompleted() async throws {
        let claimed = try await addClaimed()
        _ = try requireValue(try await owner.delete(claimed.id, of: Self.tenant), "not deleted")
        try requireEqual(try await worker.renew(claimed.claim), .lost, "renewal")
        try requireEqual(try await worker.complete(claimed.claim, with: manifest(of: claimed)), nil, "completion")
        try requireEqual(try await worker.fail(claimed.claim, with: failure(.transient)), nil, "failure")
        try requireEqual(try await worker.release(claimed.claim), nil, "release")
    }

    func completionBeatsCancellation() async throws {
        let claimed = try await addClaimed()
        _ = try await owner.cancel(claimed.id, of: Self.tenant)
        let done = try requireValue(try await worker.complete(claimed.claim, with: manifest(of: claimed)), "not completed")
        try requireEqual(done.status, .completed, "status")
        try requireEqual(done.cancelRequested, false, "cancellation still asked for")
    }
}
