import GRDB
package import PixelFlowCore

/// Held tasks, and the tasks in progress that compete with them.
extension SQLiteTaskStore {
    package func occupancy() async throws -> Occupancy {
        let now = now.microseconds
        return try await read { database in
            var occupancy = Occupancy()
            let sent = """
                SELECT lane, tenant, COUNT(*) FROM task
                WHERE status = 'PENDING' AND held = 0 AND deleted_at IS NULL AND lane IN (0, 1, 2) AND next_run_at <= ?
                GROUP BY lane, tenant
                """
            for row in try Row.fetchAll(database.cachedStatement(sql: sent), arguments: [now]) {
                guard let lane = Lane(rank: try row.value(0)) else { continue }
                occupancy.shares[HeldQueue(lane: lane, tenant: TenantID(try row.value(1))), default: .init()].sent = try row.value(2)
            }
            let running = """
                SELECT lane, tenant, COUNT(*) FROM task
                WHERE status = 'PROCESSING' AND deleted_at IS NULL AND lease_until > 0 GROUP BY lane, tenant
                """
            for row in try Row.fetchAll(database.cachedStatement(sql: running)) {
                guard let lane = Lane(rank: try row.value(0)) else { continue }
                occupancy.shares[HeldQueue(lane: lane, tenant: TenantID(try row.value(1))), default: .init()].running = try row.value(2)
                // The worker in this process.
                occupancy.workers = 1
            }
            return occupancy
        }
    }

    package func heldQueues(limit: Int) async throws -> Set<HeldQueue> {
        try await read { database in
            // Skips from one organisation to the next, so that the length of a queue does not matter.
            let sql = """
                WITH RECURSIVE queue (lane, tenant) AS (
                    SELECT column1, (SELECT MIN(tenant) FROM task
                        WHERE status = 'PENDING' AND held = 1 AND deleted_at IS NULL AND lane = column1)
                    FROM (VALUES (0), (1), (2))
                    UNION ALL
                    SELECT lane, (SELECT MIN(task.tenant) FROM task
                        WHERE status = 'PENDING' AND held = 1 AND deleted_at IS NULL AND task.lane = queue.lane
                            AND task.tenant > queue.tenant)
                    FROM queue WHERE tenant IS NOT NULL
                )
                SELECT lane, tenant FROM queue WHERE tenant IS NOT NULL ORDER BY random() LIMIT ?
                """
            let rows = try Row.fetchAll(database.cachedStatement(sql: sql), arguments: [limit])
            return Set(
                try rows.compactMap { row in
                    guard let lane = Lane(rank: try row.value(0)) else { return nil }
                    return HeldQueue(lane: lane, tenant: TenantID(try row.value(1)))
                })
        }
    }

    private static let held =
        """
        SELECT next_run_at, rowid, id FROM task
        WHERE status = 'PENDING' AND held = 1 AND deleted_at IS NULL AND lane = ? AND tenant = ? AND next_run_at <= ? AND
        """ + " " + TaskRow.next(by: "next_run_at")

    package func takeHeld(_ allotments: [HeldQueue: Int]) async throws -> [TaskRecord] {
        let wanted = allotments.filter { $0.value > 0 }
        guard !wanted.isEmpty else { return [] }
        let now = now.microseconds
        return try await write(.process) { tasks in
            var taken: [TaskRecord] = []
            for (queue, count) in wanted {
                let readable = try self.unreadable.scan("turns \(queue.lane) \(queue.tenant)", limit: count) {
                    (part: UnreadableRows.ScanPart<RowPosition>) in
                    let arguments = part.after.orBeginning.arguments(
                        after: [queue.lane.rank, queue.tenant.rawValue, now], limit: part.rows)
                    return try Row.fetchAll(tasks.database.cachedStatement(sql: Self.held), arguments: arguments).map {
                        (
                            RowPosition(value: try $0.value(0), row: try $0.value(1)),
                            try tasks.readable(TaskID(try $0.value(2)), self.unreadable)
                        )
                    }
                }
                taken += try self.apply(.takeTurn, to: readable, in: tasks)
            }
            return taken
        }
    }

    package func hold(_ records: [TaskRecord]) async throws {
        guard !records.isEmpty else { return }
        let ids = records.map(\.id)
        _ = try await write(.process) { tasks in
            try self.apply(.hold, to: try ids.compactMap { try tasks.readable($0, self.unreadable) }, in: tasks)
        }
    }

    private func apply(_ transition: TaskTransition, to found: [TaskRecord], in tasks: TaskTransaction) throws -> [TaskRecord] {
        try found.compactMap { found in
            var task = found
            guard (try? machine.apply(transition, to: &task, at: tick())) != nil else { return nil }
            try tasks.update(task)
            return task
        }
    }
}
