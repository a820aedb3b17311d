public import PixelFlowCore

extension MongoTaskStore {
    private typealias Name = TaskDocument.Name

    /// How many of the latest tasks the queue latency is taken from.
    private static let latencySample: Int64 = 1000

    public func statistics(of tenant: TenantID) async throws -> TaskStatistics {
        let now = try await tasks.clock.read().likely
        async let stock = stock(of: tenant)
        async let ended = ended(of: tenant, now)
        async let started = started(of: tenant, now)
        async let waits = latestWaits(of: tenant)

        var statistics = TaskStatistics(timeline: TaskInterval.minutes(until: now))
        for row in try await stock { statistics.add(stock: row) }
        for row in try await ended { statistics.add(ended: row, at: row["_id"]?.int) }
        for row in try await started { statistics.add(started: row, at: row["_id"]?.int) }
        let sorted = try await waits
        statistics.queueLatencyP50 = Self.percentile(sorted, 0.5)
        statistics.queueLatencyP95 = Self.percentile(sorted, 0.95)
        return statistics
    }

    /// How many there are by status and error code, and since when the oldest of them.
    private func stock(of tenant: TenantID) async throws -> [BSONDocument] {
        try await tasks.aggregate(
            .statistics,
            [
                ["$match": [Name.tenant: .string(tenant.rawValue), Name.deletedAt: TaskDocument.notDeleted]],
                [
                    "$group": [
                        "_id": ["status": "$status", "code": "$error.code"], "count": ["$sum": 1], "oldest": ["$min": "$created_at"],
                    ]
                ],
            ])
    }

    /// What ended in each minute, and of that what the last minute and hour are counted by.
    private func ended(of tenant: TenantID, _ now: Timestamp) async throws -> [BSONDocument] {
        func completed(since duration: Duration) -> BSONValue {
            let isCounted: BSONValue = ["$and": [Self.hasStatus(.completed), ["$gt": ["$completed_at", .time(now - duration)]]]]
            return ["$sum": ["$cond": [isCounted, 1, 0]]]
        }
        return try await tasks.aggregate(
            .statistics,
            [
                Self.changedSince(now, tenant, [Name.completedAt: ["$gt": .time(now - .seconds(3600))]]),
                [
                    "$group": [
                        "_id": Self.minute("$completed_at", now),
                        "completed": ["$sum": ["$cond": [Self.hasStatus(.completed), 1, 0]]],
                        "failed": ["$sum": ["$cond": [Self.hasStatus(.failed), 1, 0]]],
                        "last_minute": completed(since: .seconds(60)), "last_hour": completed(since: .seconds(3600)),
                    ]
                ],
            ])
    }

    /// How long those waited that were started in each minute.
    private func started(of tenant: TenantID, _ now: Timestamp) async throws -> [BSONDocument] {
        let wait: BSONValue = ["$subtract": ["$started_at", "$created_at"]]
        return try await tasks.aggregate(
            .statistics,
            [
                Self.changedSince(now, tenant, [Name.startedAt: ["$gte": .time(Self.firstMinute(now))]]),
                ["$group": ["_id": Self.minute("$started_at", now), "mean": ["$avg": wait], "longest": ["$max": wait]]],
            ])
    }

    private func latestWaits(of tenant: TenantID) async throws -> [Int64] {
        let rows = try await tasks.aggregate(
            .statistics,
            [
                [
                    "$match": [
                        Name.tenant: .string(tenant.rawValue), Name.deletedAt: TaskDocument.notDeleted,
                        Name.startedAt: ["$exists": true],
                    ]
                ],
                ["$sort": [Name.id: -1]], ["$limit": .int(Self.latencySample)],
                ["$group": ["_id": .null, "waits": ["$push": ["$subtract": ["$started_at", "$created_at"]]]]],
            ])
        return (rows.first?["waits"]?.array ?? []).compactMap(\.int64).sorted()
    }

    private static func hasStatus(_ status: TaskStatus) -> BSONValue { ["$eq": ["$status", .string(status.rawValue)]] }

    /// What was started or ended in that time has also changed in it, and changes have an index.
    private static func changedSince(_ now: Timestamp, _ tenant: TenantID, _ more: BSONDocument) -> BSONDocument {
        var match: BSONDocument = [
            Name.tenant: .string(tenant.rawValue), Name.updatedAt: ["$gte": .time(now - .seconds(3600))],
            Name.deletedAt: TaskDocument.notDeleted,
        ]
        match.fields += more.fields
        return ["$match": .document(match)]
    }

    /// The minute of a time, counted from the first of the timeline.
    private static func minute(_ field: String, _ now: Timestamp) -> BSONValue {
        let sinceFirst: BSONValue = ["$subtract": [.string(field), .time(firstMinute(now))]]
        return ["$floor": ["$divide": [sinceFirst, .int(TaskInterval.length)]]]
    }

    private static func firstMinute(_ now: Timestamp) -> Timestamp { TaskInterval.minutes(until: now).first?.start ?? now }

    /// The nearest-rank percentile of sorted microseconds, in seconds.
    private static func percentile(_ sorted: [Int64], _ fraction: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = min(sorted.count - 1, max(0, Int((Double(sorted.count) * fraction).rounded(.up)) - 1))
        return Double(sorted[rank]) / 1_000_000
    }
}

extension TaskStatistics {
    fileprivate mutating func add(stock row: BSONDocument) {
        guard let status = row["_id"]?.document?["status"]?.string.flatMap(TaskStatus.init), let count = row["count"]?.int else { return }
        counts[status, default: 0] += count
        if status == .failed, let code = row["_id"]?.document?["code"]?.string { failures[code, default: 0] += count }
        if status == .pending, let oldest = row["oldest"]?.int64 {
            oldestPending = min(oldestPending ?? .distantFuture, Timestamp(microseconds: oldest))
        }
    }

    fileprivate mutating func add(ended row: BSONDocument, at minute: Int?) {
        completedLastMinute += row["last_minute"]?.int ?? 0
        completedLastHour += row["last_hour"]?.int ?? 0
        guard let minute, timeline.indices.contains(minute) else { return }
        timeline[minute].completed = row["completed"]?.int ?? 0
        timeline[minute].failed = row["failed"]?.int ?? 0
    }

    fileprivate mutating func add(started row: BSONDocument, at minute: Int?) {
        guard let minute, timeline.indices.contains(minute) else { return }
        timeline[minute].queueLatencyMean = row["mean"]?.double.map { $0 / 1_000_000 }
        timeline[minute].queueLatencyMax = row["longest"]?.double.map { $0 / 1_000_000 }
    }
}
