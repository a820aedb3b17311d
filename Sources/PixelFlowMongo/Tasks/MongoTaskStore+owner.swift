package import PixelFlowCore

extension MongoTaskStore: TaskOwnerStore {
    private typealias Name = TaskDocument.Name

    package func create(_ task: TaskRecord) async throws -> Creation {
        let isLimited = try await tasks.quota(of: task.tenant).limitsTasks
        let creation =
            isLimited ? try await creationsWithinQuotas.submit(task, for: task.tenant) : try await creations.submit(task)
        if case .created(let task) = creation { try await tasks.requireOpenBatch(of: task) }
        return creation
    }

    package func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        let task = try await reading(for: tenant) { try await tasks.document(id, of: tenant)?.record }
        return task?.deletedAt == nil ? task : nil
    }

    package func find(_ ids: [TaskID], of tenant: TenantID) async throws -> [TaskRecord] {
        guard !ids.isEmpty else { return [] }
        // What remains of a purged task has no status.
        let filter: BSONDocument = [
            Name.id: ["$in": .array(ids.map { .string($0.rawValue) })], Name.tenant: .string(tenant.rawValue),
            Name.status: TaskDocument.present, Name.deletedAt: TaskDocument.notDeleted,
        ]
        return try await reading(for: tenant) {
            try await tasks.rows(.find, where: filter, limit: ids.count).compactMap { try tasks.one([$0], TaskDocument.init)?.record }
        }
    }

    package func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        try await reading(for: tenant) { try await tasks.find(idempotencyKey: idempotencyKey, of: tenant)?.record }
    }

    package func list(_ query: TaskQuery) async throws -> TaskPage {
        if query.matchesNothing { return TaskPage(tasks: [], next: nil) }
        var filter: BSONDocument = [Name.tenant: .string(query.tenant.rawValue)]
        filter[Name.status] = query.status.map { .string($0.rawValue) } ?? TaskDocument.anyStatus
        filter[Name.batch] = query.batch.map { .string($0.rawValue) }
        filter[Name.id] = query.before.map { ["$lt": .string($0.rawValue)] }
        filter[Name.label] = query.search.map { ["$regex": .string(Self.pattern(for: $0.lowercased()))] }
        filter[Name.deletedAt] = TaskDocument.notDeleted
        let found = try await reading(for: query.tenant) {
            try await tasks.find(.list, where: filter, sort: [Name.id: -1], limit: query.limit + 1).map(\.record)
        }
        return TaskPage(found, limit: query.limit)
    }

    /// A regular expression that finds exactly this text.
    ///
    /// By scalars, as the server reads it: an operator followed by a combining mark is a single Swift character, but the server still
    /// treats it as an operator.
    private static func pattern(for text: String) -> String {
        var pattern = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if operators.contains(scalar) { pattern.append("\\") }
            pattern.append(scalar)
        }
        return String(pattern)
    }

    /// The characters with a special meaning in a regular expression.
    private static let operators = Set("\\^$.|?*+()[]{}".unicodeScalars)

    package func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        let horizon = tasks.times.horizon(at: try await tasks.clock.read().latest)
        var filter = TaskDocument.after(position, by: Name.updatedAt, before: horizon)
        filter[Name.tenant] = .string(tenant.rawValue)
        return try await reading(for: tenant) {
            try await tasks.find(.changes, where: filter, sort: [Name.updatedAt: 1, Name.id: 1], limit: limit).map(\.record)
        }
    }

    package func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        try await tasks.transition(id, of: tenant, .cancel).cancelled()
    }

    package func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        let wish = TaskCommands.Wish(task: id, consumption: .replay)
        let (outcome, refusals) = try await tasks.admitting([wish], of: tenant) { admitted in
            admitted.isEmpty ? nil : try await tasks.transition(id, of: tenant, .replay)
        }
        if let outcome { return try outcome.replayed() }
        // Tasks that cannot be replayed at all are reported before any quota.
        guard let task = try await find(id, of: tenant) else { return nil }
        if task.status == .failed, let refusal = refusals[id] { throw refusal }
        return try TransitionOutcome.refused(.wrongStatus(task.status), task).replayed()
    }

    package func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        try await tasks.transition(id, of: tenant, .delete).changed
    }

    package func check() async throws {
        try await tasks.ping()
    }
}
