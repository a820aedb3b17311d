import PixelFlowCore

extension TaskStoreConformance {
    static let tenancy: [Case] = [
        Case("tenancy: a stranger sees nothing") { try await $0.strangerSeesNothing() },
        Case("tenancy: a stranger changes nothing") { try await $0.strangerChangesNothing() },
    ]

    func strangerSeesNothing() async throws {
        let task = try await add(key: "k")
        try requireEqual(try await store.find(task.id, of: Self.stranger), nil, "found by id")
        try requireEqual(try await store.find(idempotencyKey: "k", of: Self.stranger), nil, "found by key")
        try requireEqual(try await store.list(TaskQuery(tenant: Self.stranger)).tasks, [], "listed")
        try requireEqual(try await store.list(TaskQuery(tenant: Self.stranger, status: .pending)).tasks, [], "listed by status")
        let changes = try await store.changes(of: Self.stranger, after: Timestamp(microseconds: 0), limit: 10)
        try requireEqual(changes, [], "changes")
        try requireEqual(try await store.statistics(of: Self.stranger).counts.values.reduce(0, +), 0, "counted")
    }

    func strangerChangesNothing() async throws {
        for status in TaskStatus.allCases {
            let task = try await add(status)
            try requireEqual(try await store.cancel(task.id, of: Self.stranger), nil, "cancelled \(status)")
            try requireEqual(try await store.replay(task.id, of: Self.stranger), nil, "replayed \(status)")
            try requireEqual(try await store.delete(task.id, of: Self.stranger), nil, "deleted \(status)")
            try await requireUnchanged(task, "a stranger")
        }
    }
}
