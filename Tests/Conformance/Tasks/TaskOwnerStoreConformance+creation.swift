import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let creation: [Case] = [
        Case("create: the task is found with every field") { try await $0.createdTaskIsFoundWhole() },
        Case("create: of 20 concurrent tasks with one idempotency key, one is added") { try await $0.oneOfManyWithOneKeyIsAdded() },
        Case("create: keys of different tenants, and tasks without key, do not collide") { try await $0.keysOfTenantsDoNotCollide() },
        Case("create: an existing task is returned unchanged") { try await $0.existingTaskIsUntouched() },
        Case("create: times come from the store's clock") { try await $0.timesAreTheStores() },
    ]

    func createdTaskIsFoundWhole() async throws {
        let made = sample(key: "k")
        guard case .created(let task) = try await owner.create(made) else {
            throw ConformanceFailure("not created", file: #fileID, line: #line)
        }
        try requireEqual(try await stored(made), task, "found")
        try requireEqual(task.status, .pending, "status")
        try requireEqual(task.source, made.source, "source")
        try requireEqual(task.pipeline, made.pipeline, "pipeline")
        try requireEqual(task.createdAt, made.createdAt, "creation time")
        try requireEqual(try await owner.find(idempotencyKey: "k", of: Self.tenant), task, "found by key")
        try requireEqual(try await owner.find(idempotencyKey: "other", of: Self.tenant), nil, "found by another key")
        try requireEqual(try await owner.find(TaskID.make(at: now), of: Self.tenant), nil, "found by another id")
    }

    func oneOfManyWithOneKeyIsAdded() async throws {
        let outcomes = try await racing(20) { number in
            try await owner.create(sample(key: "same", fingerprint: "print \(number)"))
        }
        let created = outcomes.compactMap { if case .created(let task) = $0 { task } else { nil } }
        let existing = outcomes.compactMap { if case .existing(let task) = $0 { task } else { nil } }
        try requireEqual(created.count, 1, "tasks added")
        try requireEqual(Set(existing.map(\.id)), Set(created.map(\.id)), "task the others were shown")
        try requireEqual(Set(existing.map(\.fingerprint)), Set(created.map(\.fingerprint)), "fingerprint the others were shown")
        try requireEqual(try await owner.list(TaskQuery(tenant: Self.tenant)).tasks.count, 1, "tasks listed")
    }

    func keysOfTenantsDoNotCollide() async throws {
        let mine = try await add(key: "k")
        let theirs = try await add(of: Self.stranger, key: "k")
        try await add()
        try await add()
        try requireEqual(try await owner.find(idempotencyKey: "k", of: Self.tenant)?.id, mine.id, "mine")
        try requireEqual(try await owner.find(idempotencyKey: "k", of: Self.stranger)?.id, theirs.id, "theirs")
        try requireEqual(try await owner.list(TaskQuery(tenant: Self.tenant)).tasks.count, 3, "tasks listed")
    }

    func existingTaskIsUntouched() async throws {
        let first = try await add(key: "k")
        let claimed = try await claim(first)
        let outcome = try await owner.create(sample(key: "k", fingerprint: "another"))
        try requireEqual(outcome, .existing(claimed), "outcome")
        try await requireUnchanged(claimed, "a second create")
    }

    func timesAreTheStores() async throws {
        for offset in [Duration.seconds(-3600), .seconds(3600)] {
            var task = sample()
            try await requireTime(policy.publishTimeout, "first dispatch message") {
                task = try await add(at: now + offset)
                return task.dispatch.due
            }
            try await requireTime(.zero, "time of the change") { try await add(at: now + offset).updatedAt }
            _ = try requireValue(try await worker.claim(task.id, by: Self.workerID), "cannot be claimed at once")
        }
    }
}
