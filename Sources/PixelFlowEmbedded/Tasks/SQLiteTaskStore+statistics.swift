import GRDB
package import PixelFlowCore

extension SQLiteTaskStore {
    package func statistics(of tenant: TenantID) async throws -> TaskStatistics {
        let now = now
        let owner = tenant
        let tenant = tenant.rawValue
        return try await read(for: owner) { database in
            var statistics = TaskStatistics()
            for row in try Row.fetchAll(
                database, sql: "SELECT status, COUNT(*) FROM task WHERE tenant = ? AND deleted_at IS NULL GROUP BY status",
                arguments: [tenant])
            {
                if let status = TaskStatus(rawValue: try row.value(0)) { statistics.counts[status] = try row.value(1) }
            }
            let completed = """
                SELECT COUNT(*) FROM task WHERE tenant = ? AND status = 'COMPLETED' AND deleted_at IS NULL AND completed_at > ?
                """
            statistics.completedLastMinute =
                try Int.fetchOne(database, sql: completed, arguments: [tenant, (now - .seconds(60)).microseconds]) ?? 0
            statistics.completedLastHour =
                try Int.fetchOne(database, sql: completed, arguments: [tenant, (now - .seconds(3600)).microseconds]) ?? 0
            statistics.oldestPending = try Int64.fetchOne(
                database, sql: "SELECT MIN(created_at) FROM task WHERE tenant = ? AND status = 'PENDING' AND deleted_at IS NULL",
                arguments: [tenant]
            ).map(Timestamp.init(microseconds:))
            for row in try Row.fetchAll(
                database,
                sql: """
                    SELECT error_code, COUNT(*) FROM task
                    WHERE tenant = ? AND status = 'FAILED' AND deleted_at IS NULL AND error_code IS NOT NULL GROUP BY error_code
                    """, arguments: [tenant])
            {
                statistics.failures[try row.value(0)] = try row.value(1)
            }
            for row in try Row.fetchAll(
                database,
                sql: "SELECT lane, COUNT(*) FROM task WHERE tenant = ? AND status = 'PENDING' AND deleted_at IS NULL GROUP BY lane",
                arguments: [tenant])
            {
                if let lane = Lane(rank: try row.value(0)) { statistics.lanes[lane, default: LaneStatistics()].waiting = try row.value(1) }
            }
            var waits: [Lane: [Int64]] = [:]
            for row in try Row.fetchAll(
                database,
                sql: """
                    SELECT lane, started_at - created_at FROM task
                    WHERE tenant = ? AND deleted_at IS NULL AND started_at IS NOT NULL
                    ORDER BY id DESC LIMIT \(TaskStatistics.latencySample)
                    """, arguments: [tenant])
            {
                if let lane = Lane(rank: try row.value(0)) { waits[lane, default: []].append(try row.value(1)) }
            }
            statistics.setQueueLatency(waits: waits)
            statistics.timeline = try Self.timeline(database, tenant, now)
            return statistics
        }
    }

    private static func timeline(_ database: Database, _ tenant: String, _ now: Timestamp) throws -> [TaskInterval] {
        var minutes = TaskInterval.minutes(until: now)
        guard let first = minutes.first?.start.microseconds else { return [] }
        // Tasks that have started or ended since then have also changed since then, and changes have an index.
        let recent = "tenant = ? AND deleted_at IS NULL AND updated_at >= ?"
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT (completed_at - ?) / ?, SUM(status = 'COMPLETED'), SUM(status = 'FAILED') FROM task
                WHERE \(recent) AND completed_at >= ? GROUP BY 1
                """, arguments: [first, TaskInterval.length, tenant, first, first])
        {
            let minute: Int = try row.value(0)
            guard minutes.indices.contains(minute) else { continue }
            minutes[minute].completed = try row.value(1)
            minutes[minute].failed = try row.value(2)
        }
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT (started_at - ?) / ?, AVG(started_at - created_at) / 1e6, MAX(started_at - created_at) / 1e6 FROM task
                WHERE \(recent) AND started_at >= ? GROUP BY 1
                """, arguments: [first, TaskInterval.length, tenant, first, first])
        {
            let minute: Int = try row.value(0)
            guard minutes.indices.contains(minute) else { continue }
            minutes[minute].queueLatencyMean = try row.value(1)
            minutes[minute].queueLatencyMax = try row.value(2)
        }
        return minutes
    }
}
