import PixelFlowCore

extension TaskWorkerStoreConformance {
    static let fencing: [Case] = [
        Case("fencing: an older claim changes nothing while another worker has the task") { try await $0.olderClaimIsFenced() },
        Case("fencing: a released claim changes nothing while the task waits") { try await $0.releasedClaimIsFenced() },
        Case("fencing: a claim changes nothing once the task is final") { try await $0.claimOfFinalTaskIsLost() },
        Case("fencing: a claim that was never made changes nothing") { try await $0.inventedClaimIsFenced() },
    ]

    func olderClaimIsFenced() async throws {
        let old = try await addClaimed()
        let released = try requireValue(try await worker.release(old.claim), "not released")
        let current = try await claim(released, by: WorkerID("worker-2"))
        try await requireLost(old.claim, current)
        let done = try await worker.complete(current.claim, with: manifest(of: current))
        try requireEqual(done?.status, .completed, "the holder's own completion")
    }

    func releasedClaimIsFenced() async throws {
        let old = try await addClaimed()
        let released = try requireValue(try await worker.release(old.claim), "not released")
        try await requireLost(old.claim, released)
    }

    func claimOfFinalTaskIsLost() async throws {
        for status in [TaskStatus.failed, .cancelled] {
            let claimed = try await addClaimed()
            if status == .cancelled { _ = try await owner.cancel(claimed.id, of: Self.tenant) }
            let failed = try requireValue(try await worker.fail(claimed.claim, with: failure(.permanent)), "not failed")
            try requireEqual(failed.status, status, "status")
            try await requireLost(claimed.claim, failed)
        }
        let older = try await addClaimed()
        let again = try await claim(try requireValue(try await worker.release(older.claim), "not released"))
        let done = try requireValue(try await worker.complete(again.claim, with: manifest(of: again)), "not completed")
        try await requireLost(older.claim, done)
    }

    func inventedClaimIsFenced() async throws {
        let claimed = try await addClaimed()
        try await requireLost(Claim(task: claimed.id, epoch: claimed.epoch + 1), claimed)
        try await requireLost(Claim(task: claimed.id, epoch: 0), claimed)
        let unknown = Claim(task: TaskID.make(at: now), epoch: 1)
        try requireEqual(try await worker.complete(unknown, with: manifest(of: claimed)), nil, "completion of an unknown task")
        try requireEqual(try await worker.renew(unknown), .lost, "renewal of an unknown task")
    }

    private func requireLost(_ claim: Claim, _ task: TaskRecord, file: String = #fileID, line: Int = #line) async throws {
        let forged = manifest(of: task, sha256: "forged")
        try requireEqual(try await worker.complete(claim, with: forged), nil, "completion", file: file, line: line)
        for retry in [PixelFlowError.Retry.permanent, .transient, .outage, .crash, .killed] {
            try requireEqual(try await worker.fail(claim, with: failure(retry)), nil, "\(retry) failure", file: file, line: line)
        }
        try requireEqual(try await worker.renew(claim), .lost, "renewal", file: file, line: line)
        try requireEqual(try await worker.release(claim), nil, "release", file: file, line: line)
        try await requireUnchanged(task, "a lost claim", file: file, line: line)
    }
}
