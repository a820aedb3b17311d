import PixelFlowCore

/// The usage of an organisation, computed from its tasks.
extension TaskCommands {
    /// How much older than its task an id can be: the maximum duration of an upload.
    private static let uploadTime = Duration.seconds(86_400)

    /// - Parameters:
    ///   - quota: only what it limits is counted.
    ///   - tasks: excluded from the count.
    func consumption(of tenant: TenantID, quota: Quota, without tasks: [TaskID], at now: Timestamp) async throws -> Consumption {
        var consumption = Consumption()
        if quota.tasksInFlight != nil { consumption.tasksInFlight = try await inFlight(of: tenant, without: tasks) }
        if quota.tasksPerMonth != nil {
            consumption.tasksThisMonth = try await created(in: UsageMonth(at: now), of: tenant, without: tasks)
        }
        if quota.bytesStored != nil { consumption.bytesStored = try await bytesStored(of: tenant, without: tasks) }
        return consumption
    }

    func inFlight(of tenant: TenantID, without tasks: [TaskID] = []) async throws -> Int {
        var filter = Self.filter(of: tenant, without: tasks)
        filter[Name.status] = ["$in": [.string(TaskStatus.pending.rawValue), .string(TaskStatus.processing.rawValue)]]
        filter[Name.deletedAt] = TaskDocument.notDeleted
        return try await sum(1, where: filter)
    }

    /// Includes deleted and purged tasks.
    func created(in month: UsageMonth, of tenant: TenantID, without tasks: [TaskID] = []) async throws -> Int {
        // Ids begin with their time, which restricts the search to the month. Purged tasks have no status.
        var filter = Self.filter(of: tenant, without: tasks, after: TaskID.make(at: month.start - Self.uploadTime))
        filter[Name.status] = ["$in": .array(TaskStatus.allCases.map { .string($0.rawValue) } + [.null])]
        filter[Name.createdAt] = ["$gte": .time(month.start)]
        return try await sum(1, where: filter)
    }

    func bytesStored(of tenant: TenantID, without tasks: [TaskID] = []) async throws -> Int {
        var filter = Self.filter(of: tenant, without: tasks)
        filter[Name.deletedAt] = TaskDocument.notDeleted
        return try await sum(["$add": [UsageStages.uploaded, UsageStages.produced]], where: filter)
    }

    private static func filter(of tenant: TenantID, without tasks: [TaskID], after first: TaskID? = nil) -> BSONDocument {
        var filter: BSONDocument = [Name.tenant: .string(tenant.rawValue)]
        var ids: BSONDocument = [:]
        ids["$gt"] = first.map { .string($0.rawValue) }
        if !tasks.isEmpty { ids["$nin"] = .array(tasks.map { .string($0.rawValue) }) }
        if !ids.isEmpty { filter[Name.id] = .document(ids) }
        return filter
    }

    private func sum(_ value: BSONValue, where filter: BSONDocument) async throws -> Int {
        let stages: [BSONDocument] = [["$match": .document(filter)], ["$group": ["_id": .null, "sum": ["$sum": value]]]]
        return try await aggregate(.usage, stages).first?["sum"]?.int ?? 0
    }
}

/// What a task contributes to the usage. A purged task leaves these numbers behind; see `TaskDocument.remains`.
enum UsageStages {
    static let uploaded: BSONValue = ["$ifNull": ["$source.bytes", 0]]
    static let produced: BSONValue = ["$ifNull": [.string("$\(TaskDocument.Name.producedBytes)"), earlierProduced]]
    /// For a document that was last changed before there were quotas.
    private static let earlierProduced: BSONValue = [
        "$add": [["$ifNull": ["$fetched_source.bytes", 0]], ["$sum": "$outputs.image.bytes"]]
    ]
}
