import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let durability: [Case] = [
        Case("the backend passes its check") { try await $0.owner.check() },
        Case("a reopened store has every task unchanged") { try await $0.reopenedStoreHasEverything() },
    ]

    func reopenedStoreHasEverything() async throws {
        var tasks: [TaskRecord] = []
        for status in TaskStatus.allCases { tasks.append(try await add(status)) }
        tasks.append(try await add(of: Self.stranger, key: "k"))
        let gone = try await add()
        _ = try await owner.delete(gone.id, of: Self.tenant)
        let reopened = try await reopen()
        for task in tasks {
            try requireEqual(try await reopened.find(task.id, of: task.tenant), task, "task after reopening")
        }
        try requireEqual(try await reopened.list(TaskQuery(tenant: Self.tenant)).tasks.count, TaskStatus.allCases.count, "listed")
        try requireEqual(try await reopened.find(idempotencyKey: "k", of: Self.stranger), tasks.last, "found by key")
        try requireEqual(try await reopened.deleted(limit: 10).map(\.id), [gone.id], "deleted")
    }
}
