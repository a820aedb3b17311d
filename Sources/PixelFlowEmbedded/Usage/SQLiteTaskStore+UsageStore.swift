import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: UsageStore {
    package func quota(of tenant: TenantID) async throws -> Quota {
        try await select { try $0.quota(of: tenant) } ?? .unlimited
    }

    package func setQuota(_ quota: Quota, of tenant: TenantID) async throws {
        try await write(.machine) { tasks in
            try tasks.database.execute(
                sql: "INSERT OR REPLACE INTO quota (tenant, document, retention_days) VALUES (?, ?, ?)",
                arguments: [tenant.rawValue, try TaskRow.encode(quota), quota.retentionDays])
        }
    }

    package func tasksInFlight(of tenant: TenantID) async throws -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT in_flight FROM usage_now WHERE tenant = ?", arguments: [tenant.rawValue]) } ?? 0
    }

    package func usage(of tenant: TenantID) async throws -> Usage {
        let now = now
        return try await read(for: tenant) { database in
            var days = UsageDay.days(until: now)
            let first = UsageDay.number(of: now) - Int64(days.count) + 1
            for row in try Row.fetchAll(
                database,
                sql: """
                    SELECT day - ?, created, completed, failed, bytes_added, bytes_removed FROM usage_day
                    WHERE tenant = ? AND day >= ?
                    """, arguments: [first, tenant.rawValue, first])
            {
                let day: Int = try row.value(0)
                guard days.indices.contains(day) else { continue }
                days[day] = UsageDay(
                    start: days[day].start, created: try row.value(1), completed: try row.value(2), failed: try row.value(3),
                    bytesAdded: try row.value(4), bytesRemoved: try row.value(5))
            }
            return Usage(month: UsageMonth(at: now), now: try database.consumption(of: tenant, at: now), days: days)
        }
    }

    package func pastRetention(after previous: TenantID?, limit: Int) async throws -> ExpiredTaskPage {
        let now = now
        let organisations = try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT tenant, retention_days FROM quota WHERE retention_days IS NOT NULL AND tenant > ? ORDER BY tenant",
                arguments: [previous?.rawValue ?? ""]
            ).map { row in
                // A value that is not a number is no retention, and does not keep the other organisations from theirs.
                (tenant: TenantID(try row.value(0)), days: (try? row.value(1) as Int64) ?? 0)
            }
        }
        var page = ExpiredTaskPage()
        for (tenant, days) in organisations {
            guard let last = Quota.retentionLimit(days: days, at: now) else { continue }
            // Finished tasks no longer change, and changes have an index.
            page.tasks += try await documents(
                """
                WHERE tenant = ? AND updated_at <= ? AND status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND deleted_at IS NULL
                """, [tenant.rawValue, last.microseconds], limit: limit
            ).map { ExpiredTask(id: $0.id, tenant: tenant) }
            guard page.tasks.count < limit else {
                page.last = tenant
                break
            }
        }
        return page
    }

    package func forgetUsage(limit: Int) async throws -> Int {
        let last = UsageDay.number(of: now) - Int64(UsageDay.kept)
        return try await write(.process) { tasks in
            try tasks.database.execute(
                sql: "DELETE FROM usage_day WHERE (tenant, day) IN (SELECT tenant, day FROM usage_day WHERE day < ? LIMIT ?)",
                arguments: [last, limit])
            return tasks.database.changesCount
        }
    }
}

extension TaskTransaction {
    /// Checks that additional usage of a tenant is within its quota, based on the usage in this transaction.
    ///
    /// - Throws: `quota_exceeded`.
    func admit(_ wish: Consumption, of tenant: TenantID, at now: Timestamp) throws {
        guard let quota = try database.quota(of: tenant), quota.limitsTasks else { return }
        try quota.admit(wish, beside: try database.consumption(of: tenant, at: now), at: now)
    }
}

extension Database {
    fileprivate func quota(of tenant: TenantID) throws -> Quota? {
        let statement = try cachedStatement(sql: "SELECT document FROM quota WHERE tenant = ?")
        return try Data.fetchOne(statement, arguments: [tenant.rawValue]).map { try JSONDecoder().decode(Quota.self, from: $0) }
    }

    fileprivate func consumption(of tenant: TenantID, at now: Timestamp) throws -> Consumption {
        var consumption = Consumption()
        let stock = try cachedStatement(sql: "SELECT in_flight, bytes FROM usage_now WHERE tenant = ?")
        if let row = try Row.fetchOne(stock, arguments: [tenant.rawValue]) {
            consumption.tasksInFlight = try row.value(0)
            consumption.bytesStored = try row.value(1)
        }
        let month = UsageDay.number(of: UsageMonth(at: now).start)
        let created = try cachedStatement(sql: "SELECT coalesce(SUM(created), 0) FROM usage_day WHERE tenant = ? AND day >= ?")
        consumption.tasksThisMonth = try Int.fetchOne(created, arguments: [tenant.rawValue, month]) ?? 0
        return consumption
    }
}
