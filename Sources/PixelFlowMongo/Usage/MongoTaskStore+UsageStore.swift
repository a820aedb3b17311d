package import PixelFlowCore

extension MongoTaskStore: UsageStore {
    private typealias Name = TaskDocument.Name
    private typealias Organisation = OrganisationDocument

    package func quota(of tenant: TenantID) async throws -> Quota { try await tasks.quota(of: tenant) }

    package func setQuota(_ quota: Quota, of tenant: TenantID) async throws {
        while true {
            try Task.checkCancellation()
            let start = ContinuousClock.now
            let statement = BSONDocument.statement(
                where: Organisation.filter(tenant),
                [
                    "$set": [
                        Organisation.Name.quota: Organisation.fields(of: quota),
                        Organisation.Name.version: .int(TaskDocument.drawVersion()),
                    ],
                    "$setOnInsert": [Organisation.Name.reserved: []],
                ], upsert: true)
            let reply = try await tasks.database.run(
                .usage, .update(Organisation.collection, [statement], tasks.database.commandTimeout))
            // Another replica has added the document simultaneously.
            if let error = reply.writeErrors.first {
                guard error.code == BSONDocument.duplicateKey else {
                    throw PixelFlowError.unavailable(MongoDatabase.backend, cause: error.failure)
                }
                continue
            }
            return tasks.quotas.put(quota, of: tenant, read: start)
        }
    }

    package func tasksInFlight(of tenant: TenantID) async throws -> Int {
        try await reading(for: tenant) { try await tasks.inFlight(of: tenant) }
    }

    package func usage(of tenant: TenantID) async throws -> Usage {
        let now = try await tasks.clock.read().likely
        return try await reading(for: tenant) {
            let month = UsageMonth(at: now)
            var consumption = Consumption()
            consumption.tasksInFlight = try await tasks.inFlight(of: tenant)
            consumption.tasksThisMonth = try await tasks.created(in: month, of: tenant)
            consumption.bytesStored = try await tasks.bytesStored(of: tenant)
            var days = UsageDay.days(until: now)
            let first = days.first?.start ?? now
            try await read(Name.createdAt, from: first, of: tenant, [("count", 1), ("bytes", UsageStages.uploaded)]) { day, row in
                guard days.indices.contains(day) else { return }
                days[day].created = row["count"]?.int ?? 0
                days[day].bytesAdded += row["bytes"]?.int ?? 0
            }
            try await read(
                Name.completedAt, from: first, of: tenant,
                [
                    ("completed", Self.isStatus(.completed)), ("failed", Self.isStatus(.failed)), ("bytes", UsageStages.produced),
                ]
            ) { day, row in
                guard days.indices.contains(day) else { return }
                days[day].completed = row["completed"]?.int ?? 0
                days[day].failed = row["failed"]?.int ?? 0
                days[day].bytesAdded += row["bytes"]?.int ?? 0
            }
            let all: BSONValue = ["$add": [UsageStages.uploaded, UsageStages.produced]]
            try await read(Name.deletedAt, from: first, of: tenant, [("bytes", all)]) { day, row in
                guard days.indices.contains(day) else { return }
                days[day].bytesRemoved = row["bytes"]?.int ?? 0
            }
            return Usage(month: month, now: consumption, days: days)
        }
    }

    /// Sums over the tasks, grouped by the day of one of their times, counted from `first`.
    private func read(
        _ time: String, from first: Timestamp, of tenant: TenantID, _ sums: [(name: String, value: BSONValue)],
        each body: (Int, BSONDocument) -> Void
    ) async throws {
        let sinceFirst: BSONValue = ["$subtract": [.string("$\(time)"), .time(first)]]
        var group: BSONDocument = ["_id": ["$floor": ["$divide": [sinceFirst, .int(UsageDay.length)]]]]
        for sum in sums { group[sum.name] = ["$sum": sum.value] }
        var filter: BSONDocument = [Name.tenant: .string(tenant.rawValue)]
        filter[time] = ["$gte": .time(first)]
        for row in try await tasks.aggregate(.usage, [["$match": .document(filter)], ["$group": .document(group)]]) {
            if let day = row["_id"]?.int { body(day, row) }
        }
    }

    /// 1 or 0. For a purged task, uses its last status.
    private static func isStatus(_ status: TaskStatus) -> BSONValue {
        let last: BSONValue = ["$ifNull": [.string("$\(Name.lastStatus)"), .string("$\(Name.status)")]]
        let isEqual: BSONValue = ["$eq": [last, .string(status.rawValue)]]
        return ["$cond": [isEqual, 1, 0]]
    }

    package func pastRetention(after previous: TenantID?, limit: Int) async throws -> ExpiredTaskPage {
        let now = try await tasks.clock.read().earliest
        var page = ExpiredTaskPage()
        var previous = previous?.rawValue ?? ""
        while true {
            let rows = try await tasks.rows(
                .usage, in: Organisation.collection,
                where: [Organisation.Name.retentionDays: ["$gt": 0], Organisation.Name.id: ["$gt": .string(previous)]],
                sort: [Organisation.Name.id: 1], limit: Self.organisationsAtATime)
            for row in rows {
                guard let organisation = tasks.unreadable.value(of: .quota, { try OrganisationDocument(row) }) else { continue }
                page.tasks += try await expired(of: organisation, at: now, limit: limit)
                guard page.tasks.count < limit else {
                    page.last = organisation.tenant
                    return page
                }
            }
            guard rows.count == Self.organisationsAtATime, let last = rows.last?[Organisation.Name.id]?.string else { return page }
            previous = last
        }
    }

    private func expired(of organisation: OrganisationDocument, at now: Timestamp, limit: Int) async throws -> [ExpiredTask] {
        guard let days = organisation.quota.retentionDays, let last = Quota.retentionLimit(days: Int64(days), at: now) else { return [] }
        let ended: [BSONValue] = [TaskStatus.completed, .failed, .cancelled].map { .string($0.rawValue) }
        // Finished tasks no longer change, and changes have an index.
        let found = try await tasks.find(
            .usage,
            where: [
                Name.tenant: .string(organisation.tenant.rawValue), Name.updatedAt: ["$lte": .time(last)],
                Name.status: ["$in": .array(ended)], Name.deletedAt: TaskDocument.notDeleted,
            ], limit: limit)
        return found.map { ExpiredTask(id: $0.record.id, tenant: organisation.tenant) }
    }

    private static let organisationsAtATime = 100

    package func forgetUsage(limit: Int) async throws -> Int {
        let now = try await tasks.clock.read().earliest
        let filter = tasks.agenda(.forget, at: ["$lte": .time(now)])
        let ids = try await tasks.rows(.usage, where: filter, limit: limit, fields: [Name.id]).compactMap { $0[Name.id] }
        guard !ids.isEmpty else { return 0 }
        var remains = filter
        remains[Name.id] = ["$in": .array(ids)]
        let reply = try await tasks.database.run(
            .usage, .deleteAll(from: TaskDocument.collection, where: remains, tasks.database.commandTimeout))
        if let error = reply.writeErrors.first { throw PixelFlowError.unavailable(MongoDatabase.backend, cause: error.failure) }
        return reply.matched
    }
}
