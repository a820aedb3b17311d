package import PixelFlowCore

extension MongoTaskStore {
    private typealias Name = TaskDocument.Name

    package func statistics(of tenant: TenantID) async throws -> TaskStatistics {
        let now = try await tasks.clock.read().likely
        // A single pass over the tenant's tasks, because counting by status needs all of them anyway.
        let reply = try await reading(for: tenant) {
            try await tasks.aggregate(
                .statistics,
                [
                    ["$match": [Name.tenant: .string(tenant.rawValue), Name.deletedAt: TaskDocument.notDeleted]],
                    [
                        "$facet": [
                            "stock": Self.stock, "ended": Self.ended(now), "started": Self.started(now), "waits": Self.latestWaits,
                        ]
                    ],
                ]
            ).first ?? [:]
        }
        func rows(_ name: String) -> [BSONDocument] { (reply[name]?.array ?? []).compactMap(\.document) }

        var statistics = TaskStatistics(timeline: TaskInterval.minutes(until: now))
        for row in rows("stock") { statistics.add(stock: row) }
        for row in rows("ended") { statistics.add(ended: row, at: row["_id"]?.int) }
        for row in rows("started") { statistics.add(started: row, at: row["_id"]?.int) }
        var waits: [Lane: [Int64]] = [:]
        for row in rows("waits") {
            waits[TaskDocument.lane(row["_id"]), default: []] += (row["waits"]?.array ?? []).compactMap(\.int64)
        }
        statistics.setQueueLatency(waits: waits)
        return statistics
    }

    /// The number of tasks by status, lane and error code, and the time of the oldest one.
    private static let stock: BSONValue = [
        [
            "$group": [
                "_id": ["status": "$status", "lane": "$lane", "code": "$error.code"], "count": ["$sum": 1],
                "oldest": ["$min": "$created_at"],
            ]
        ]
    ]

    /// The tasks that ended in each minute, from which the last minute and hour are computed.
    private static func ended(_ now: Timestamp) -> BSONValue {
        func completed(since duration: Duration) -> BSONValue {
            let isCounted: BSONValue = ["$and": [hasStatus(.completed), ["$gt": ["$completed_at", .time(now - duration)]]]]
            return ["$sum": ["$cond": [isCounted, 1, 0]]]
        }
        return [
            ["$match": [Name.completedAt: ["$gt": .time(now - .seconds(3600))]]],
            [
                "$group": [
                    "_id": minute("$completed_at", now), "completed": ["$sum": ["$cond": [hasStatus(.completed), 1, 0]]],
                    "failed": ["$sum": ["$cond": [hasStatus(.failed), 1, 0]]],
                    "last_minute": completed(since: .seconds(60)), "last_hour": completed(since: .seconds(3600)),
                ]
            ],
        ]
    }

    /// The waiting times of the tasks that started in each minute.
    private static func started(_ now: Timestamp) -> BSONValue {
        [
            ["$match": [Name.startedAt: ["$gte": .time(firstMinute(now))]]],
            ["$group": ["_id": minute("$started_at", now), "mean": ["$avg": wait], "longest": ["$max": wait]]],
        ]
    }

    private static let latestWaits: BSONValue = [
        ["$match": [Name.startedAt: ["$exists": true]]], ["$sort": [Name.id: -1]], ["$limit": .int(TaskStatistics.latencySample)],
        ["$group": ["_id": "$lane", "waits": ["$push": wait]]],
    ]

    private static let wait: BSONValue = ["$subtract": ["$started_at", "$created_at"]]

    private static func hasStatus(_ status: TaskStatus) -> BSONValue { ["$eq": ["$status", .string(status.rawValue)]] }

    /// The minute of a time, counted from the start of the timeline.
    private static func minute(_ field: String, _ now: Timestamp) -> BSONValue {
        let sinceFirst: BSONValue = ["$subtract": [.string(field), .time(firstMinute(now))]]
        return ["$floor": ["$divide": [sinceFirst, .int(TaskInterval.length)]]]
    }

    private static func firstMinute(_ now: Timestamp) -> Timestamp { TaskInterval.minutes(until: now).first?.start ?? now }
}

extension TaskStatistics {
    fileprivate mutating func add(stock row: BSONDocument) {
        guard let status = row["_id"]?.document?["status"]?.string.flatMap(TaskStatus.init), let count = row["count"]?.int else { return }
        counts[status, default: 0] += count
        if status == .failed, let code = row["_id"]?.document?["code"]?.string { failures[code, default: 0] += count }
        guard status == .pending else { return }
        lanes[TaskDocument.lane(row["_id"]?.document?["lane"]), default: LaneStatistics()].waiting += count
        if let oldest = row["oldest"]?.int64 {
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
