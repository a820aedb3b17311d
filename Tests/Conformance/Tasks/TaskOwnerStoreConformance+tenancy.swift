import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let tenancy: [Case] = [
        Case("tenancy: another tenant sees nothing") { try await $0.strangerSeesNothing() },
        Case("tenancy: another tenant changes nothing") { try await $0.strangerChangesNothing() },
    ]

    func strangerSeesNothing() async throws {
        let task = try await add(key: "k")
        try requireEqual(try await owner.find(task.id, of: Self.stranger), nil, "found by id")
        try requireEqual(try await owner.find(idempotencyKey: "k", of: Self.stranger), nil, "found by key")
        try requireEqual(try await owner.list(TaskQuery(tenant: Self.stranger)).tasks, [], "listed")
        try requireEqual(try await owner.list(TaskQuery(tenant: Self.stranger, status: .pending)).tasks, [], "listed by status")
        let changes = try await owner.changes(of: Self.stranger, after: Timestamp(microseconds: 0), limit: 10)
        try requireEqual(changes, [], "changes")
        try requireEqual(try await owner.statistics(of: Self.stranger).counts.values.reduce(0, +), 0, "counted")
    }

    func strangerChangesNothing() async throws {
        for status in TaskStatus.allCases {
            let task = try await add(status)
            try requireEqual(try await owner.cancel(task.id, of: Self.stranger), nil, "cancelled \(status)")
            try requireEqual(try await owner.replay(task.id, of: Self.stranger), nil, "replayed \(status)")
            try requireEqual(try await owner.delete(task.id, of: Self.stranger), nil, "deleted \(status)")
            try await requireUnchanged(task, "a stranger")
        }
    }
}
