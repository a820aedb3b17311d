import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let deleting: [Case] = [
        Case("delete: the task is hidden everywhere, whatever its status") { try await $0.deletedIsHidden() },
        Case("delete: the key can be used again") { try await $0.deletedKeyIsFree() },
        Case("delete: a second deletion finds nothing") { try await $0.deletingTwice() },
    ]

    func deletedIsHidden() async throws {
        for status in TaskStatus.allCases {
            let task = try await add(status)
            let deleted = try requireValue(try await owner.delete(task.id, of: Self.tenant), "not there")
            try require(deleted.deletedAt != nil, "no time of deletion")
            try requireEqual(try await owner.find(task.id, of: Self.tenant), nil, "found")
            try requireEqual(try await owner.list(TaskQuery(tenant: Self.tenant)).tasks, [], "listed")
            try requireEqual(try await owner.list(TaskQuery(tenant: Self.tenant, status: status)).tasks, [], "listed by status")
            try requireEqual(try await owner.cancel(task.id, of: Self.tenant), nil, "cancelled")
            try requireEqual(try await owner.replay(task.id, of: Self.tenant), nil, "replayed")
            try requireEqual(try await worker.claim(task.id, by: Self.workerID), nil, "claimed")
            let counts = try await owner.statistics(of: Self.tenant).counts
            try requireEqual(counts.values.reduce(0, +), 0, "counted")
        }
    }

    func deletedKeyIsFree() async throws {
        let first = try await add(key: "k")
        _ = try await owner.delete(first.id, of: Self.tenant)
        try requireEqual(try await owner.find(idempotencyKey: "k", of: Self.tenant), nil, "found by key")
        let second = try await add(key: "k")
        try require(second.id != first.id, "the deleted task came back")
        try requireEqual(try await owner.find(idempotencyKey: "k", of: Self.tenant)?.id, second.id, "found by key")
    }

    func deletingTwice() async throws {
        let task = try await add()
        _ = try requireValue(try await owner.delete(task.id, of: Self.tenant), "not there")
        try requireEqual(try await owner.delete(task.id, of: Self.tenant), nil, "second deletion")
        try requireEqual(try await owner.delete(TaskID.make(at: now), of: Self.tenant), nil, "an unknown task")
    }
}
