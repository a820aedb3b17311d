import PixelFlowCore

extension TaskStoreConformance {
    static let durability: [Case] = [
        Case("reopened, the store has every task as it was") { try await $0.reopenedStoreHasEverything() },
        Case("reopened, the store goes by the same rules") { try await $0.reopenedStoreGoesOn() },
    ]

    func reopenedStoreHasEverything() async throws {
        var tasks: [TaskRecord] = []
        for status in TaskStatus.allCases { tasks.append(try await add(status)) }
        tasks.append(try await add(of: Self.stranger, key: "k"))
        let gone = try await add()
        _ = try await store.delete(gone.id, of: Self.tenant)
        let reopened = try await reopen()
        for task in tasks {
            try requireEqual(try await reopened.find(task.id, of: task.tenant), task, "task after reopening")
        }
        try requireEqual(try await reopened.list(TaskQuery(tenant: Self.tenant)).tasks.count, TaskStatus.allCases.count, "listed")
        try requireEqual(try await reopened.find(idempotencyKey: "k", of: Self.stranger), tasks.last, "found by key")
        try requireEqual(try await reopened.deleted(limit: 10).map(\.id), [gone.id], "deleted")
    }

    func reopenedStoreGoesOn() async throws {
        let claimed = try await addClaimed()
        let pending = try await add(key: "k")
        let reopened = try await reopen()
        try requireEqual(try await reopened.create(sample(key: "k")), .existing(pending), "the key")
        try requireEqual(try await reopened.claim(claimed.id, by: WorkerID("other")), nil, "a claim of the claimed")
        try requireEqual(try await reopened.complete(claimed.claim, with: manifest(of: claimed))?.status, .completed, "completion")
        try requireEqual(try await reopened.claim(pending.id, by: Self.worker)?.epoch, 1, "a claim")
    }
}
