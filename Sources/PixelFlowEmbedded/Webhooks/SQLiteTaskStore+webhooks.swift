import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: WebhookOwnerStore {
    /// There is one process, and it reads the endpoints for each event.
    package var webhookPropagationTime: Duration { .zero }

    package func webhooks(of tenant: TenantID) async throws -> ReadableEndpoints {
        let name = tenant.rawValue
        return try await read(for: tenant) { database in
            try Data.fetchAll(database, sql: "SELECT document FROM webhook WHERE tenant = ? ORDER BY created_at, id", arguments: [name])
        } decode: {
            ReadableEndpoints($0.map(readableEndpoint))
        }
    }

    package func webhook(_ id: WebhookID, of tenant: TenantID) async throws -> WebhookEndpoint? {
        let names = [tenant.rawValue, id.rawValue]
        return try await read(for: tenant) { database in
            try Data.fetchAll(
                database, sql: "SELECT document FROM webhook WHERE tenant = ? AND id = ?", arguments: StatementArguments(names))
        } decode: {
            try Self.readable { [documents = $0] in try documents.first.map(WebhookRow.endpoint) }
        }
    }

    package func add(_ endpoint: WebhookEndpoint) async throws -> Bool {
        try await write(.machine) { tasks in
            try Self.requireRoom(for: endpoint, in: tasks.database)
            try tasks.database.execute(
                sql: "INSERT OR IGNORE INTO webhook (tenant, id, revision, created_at, document) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    endpoint.tenant.rawValue, endpoint.id.rawValue, endpoint.revision, endpoint.createdAt.microseconds,
                    try TaskRow.encode(endpoint),
                ])
            return tasks.database.changesCount > 0
        }
    }

    /// - Throws: `too_many_webhooks`.
    private static func requireRoom(for endpoint: WebhookEndpoint, in database: Database) throws {
        guard endpoint.id != .organisation else { return }
        let others = try Int.fetchOne(
            database, sql: "SELECT COUNT(*) FROM webhook WHERE tenant = ? AND id NOT IN (?, ?)",
            arguments: [endpoint.tenant.rawValue, WebhookID.organisation.rawValue, endpoint.id.rawValue])
        if let others, others >= WebhookEndpoint.limit { throw PixelFlowError.tooManyWebhooks }
    }

    package func replace(_ endpoint: WebhookEndpoint) async throws -> Bool {
        try await write(.machine) { tasks in
            try tasks.database.execute(
                sql: "UPDATE webhook SET revision = ?, document = ? WHERE tenant = ? AND id = ? AND revision = ?",
                arguments: [
                    endpoint.revision, try TaskRow.encode(endpoint), endpoint.tenant.rawValue, endpoint.id.rawValue, endpoint.revision - 1,
                ])
            return tasks.database.changesCount > 0
        }
    }

    package func removeWebhook(_ id: WebhookID, of tenant: TenantID) async throws -> Bool {
        let names = [tenant.rawValue, id.rawValue]
        let wasThere = try await write(.machine) { tasks in
            try tasks.database.execute(
                sql: "DELETE FROM webhook WHERE tenant = ? AND id = ?", arguments: StatementArguments(names))
            return tasks.database.changesCount > 0
        }
        // Also if an earlier call was cut off in between.
        while try await removeDeliveries(where: "tenant = ? AND endpoint = ?", names, limit: Self.deliveryBatch) > 0 {
            try Task.checkCancellation()
        }
        return wasThere
    }

    package func removeWebhooks(of tenant: TenantID, limit: Int) async throws -> Int {
        try await removeSome(from: "webhook", key: "tenant, id", of: tenant, limit: limit)
    }

    package func removeDeliveries(of tenant: TenantID, limit: Int) async throws -> Int {
        try await removeDeliveries(where: "tenant = ?", [tenant.rawValue], limit: limit)
    }

    private func removeDeliveries(where condition: String, _ names: [String], limit: Int) async throws -> Int {
        try await write(.process) { tasks in
            try tasks.database.execute(
                sql: "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE \(condition) LIMIT \(limit))",
                arguments: StatementArguments(names))
            return tasks.database.changesCount
        }
    }

    package func delivery(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery? {
        let arguments = StatementArguments([id.rawValue] + queue.names)
        return try await read(for: queue.tenant) { database in
            try Data.fetchAll(
                database, sql: "SELECT document FROM webhook_delivery WHERE id = ? AND tenant = ? AND endpoint = ?", arguments: arguments)
        } decode: {
            try Self.readable { [documents = $0] in try documents.first.map(WebhookRow.delivery) }
        }
    }

    package func deliveries(_ query: WebhookDeliveryQuery) async throws -> [WebhookDelivery] {
        var conditions = ["tenant = ?", "endpoint = ?"]
        var arguments: [(any DatabaseValueConvertible & Sendable)?] = query.queue.names
        if let state = query.state {
            conditions.append("state = ?")
            arguments.append(state.rawValue)
        }
        if let position = query.position {
            conditions.append("(created_at, id) < (?, ?)")
            arguments += [position.time.microseconds, position.id.rawValue]
        }
        let sql = """
            SELECT document FROM webhook_delivery WHERE \(conditions.joined(separator: " AND "))
            ORDER BY created_at DESC, id DESC LIMIT ?
            """
        return try await UnreadableRows.page(limit: query.limit) { limit in
            let values = StatementArguments(arguments + [limit])
            return try await read(for: query.queue.tenant) { database in
                try Data.fetchAll(database, sql: sql, arguments: values)
            } decode: {
                $0.map(readableDelivery)
            }
        }
    }

    package func add(_ delivery: WebhookDelivery) async throws {
        try await write(.machine) { tasks in
            try tasks.database.cachedStatement(sql: WebhookRow.insert).execute(arguments: WebhookRow.insertArguments(delivery))
        }
    }

    package func replay(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery? {
        while let found = try await delivery(id, to: queue) {
            guard let change = found.changed(by: { $0.replay(at: now) }) else { throw PixelFlowError.deliveryUnderWay }
            if let replayed = try await swap([change], .machine).first { return replayed }
            try Task.checkCancellation()
        }
        return nil
    }

    package func replayFailed(to queue: WebhookQueue, since time: Timestamp, limit: Int) async throws -> Int {
        var replayed = 0
        while replayed < limit {
            let batch = min(Self.deliveryBatch, limit - replayed)
            let failed = try await failures(of: queue, since: time, limit: batch)
            let changes = failed.compactMap { $0.changed { $0.replay(at: now) } }
            replayed += try await swap(changes, .machine).count
            if failed.count < batch { break }
            try Task.checkCancellation()
        }
        return replayed
    }

    private func failures(of queue: WebhookQueue, since time: Timestamp, limit: Int) async throws -> [WebhookDelivery] {
        try await UnreadableRows.page(limit: limit) { limit in
            let arguments = queue.arguments(time.microseconds, limit)
            return try await read(for: queue.tenant) { database in
                try Data.fetchAll(database, sql: WebhookRow.failures, arguments: arguments)
            } decode: {
                $0.map(readableDelivery)
            }
        }
    }

    private func readableDelivery(_ document: Data) -> WebhookDelivery? {
        unreadable.value(of: .delivery) { try WebhookRow.delivery(document) }
    }

    private func readableEndpoint(_ document: Data) -> WebhookEndpoint? {
        unreadable.value(of: .webhook) { try WebhookRow.endpoint(document) }
    }

    /// Writes those of the changes whose deliveries are still as they were read.
    private func swap(
        _ changes: [WebhookDelivery.Change], _ durability: Durability
    ) async throws -> [WebhookDelivery] {
        guard !changes.isEmpty else { return [] }
        return try await write(durability) { tasks in
            try changes.compactMap { old, new in
                try tasks.database.cachedStatement(sql: WebhookRow.update)
                    .execute(arguments: WebhookRow.updateArguments(new, replacing: old.revision))
                return tasks.database.changesCount > 0 ? new : nil
            }
        }
    }
}

extension SQLiteTaskStore: WebhookFanOut {
    @discardableResult package func fanOut(_ tasks: [TaskRecord]) async throws -> Set<TaskID> {
        var found: [TenantID: ReadableEndpoints] = [:]
        for tenant in Set(tasks.filter { !$0.outbox.isEmpty }.map(\.tenant)) { found[tenant] = try await subscriptions(of: tenant) }
        let now = now
        let deliveries = tasks.flatMap { WebhookDelivery.deliveries(for: $0, endpoints: found[$0.tenant]?.endpoints ?? [], at: now) }
        let waiting = WebhookDelivery.waiting(tasks, endpoints: found, at: now)
        guard !deliveries.isEmpty else { return waiting }
        // The acknowledgement comes later in the same write-ahead log: what survives of it, these survive as well.
        try await write(.process) { tasks in
            for delivery in deliveries {
                try tasks.database.cachedStatement(sql: WebhookRow.insert).execute(arguments: WebhookRow.insertArguments(delivery))
            }
        }
        return waiting
    }

    package func mayNotify(of task: TaskRecord) async throws -> Bool {
        if task.webhookURL != nil { return true }
        return try await !subscriptions(of: task.tenant).endpoints.isEmpty
    }

    /// Not in the tenant's turn: this serves no request.
    private func subscriptions(of tenant: TenantID) async throws -> ReadableEndpoints {
        let name = tenant.rawValue
        let documents = try await select { database in
            try Data.fetchAll(database.cachedStatement(sql: "SELECT document FROM webhook WHERE tenant = ?"), arguments: [name])
        }
        return ReadableEndpoints(documents.map(readableEndpoint))
    }
}

extension SQLiteTaskStore: WebhookDeliveryStore {
    package func webhookTime() async throws -> Timestamp { now }

    package func dueWebhookQueues(limit: Int) async throws -> [WebhookQueue] {
        let time = now.microseconds
        return try await read { database in
            try Row.fetchAll(
                database.cachedStatement(sql: WebhookRow.dueQueues), arguments: [time, limit]
            ).map { WebhookQueue(tenant: TenantID(try $0.value(0)), endpoint: WebhookID(try $0.value(1))) }
        }
    }

    package func claimDeliveries(of queue: WebhookQueue, limit: Int) async throws -> [WebhookDelivery] {
        let time = now
        let found = try await dueDeliveries(of: queue, at: time, limit: limit)
        let changes = found.compactMap { $0.changed { $0.claim(at: time) } }
        guard !changes.isEmpty else { return [] }
        let taken = queue.arguments(time.microseconds)
        return try await write(.process) { tasks in
            let underWay = try Int.fetchOne(tasks.database.cachedStatement(sql: WebhookRow.underWay), arguments: taken) ?? 0
            var claimed: [WebhookDelivery] = []
            for (old, new) in changes where underWay + claimed.count < WebhookQueue.width {
                try tasks.database.cachedStatement(sql: WebhookRow.update)
                    .execute(arguments: WebhookRow.updateArguments(new, replacing: old.revision))
                if tasks.database.changesCount > 0 { claimed.append(new) }
            }
            return claimed
        }
    }

    private func dueDeliveries(of queue: WebhookQueue, at time: Timestamp, limit: Int) async throws -> [WebhookDelivery] {
        try await UnreadableRows.due(limit: limit, mostRows: Self.deliveryBatch) { wanted in
            let candidates = queue.arguments(time.microseconds, wanted)
            return try await read { database in
                try Row.fetchAll(
                    database.cachedStatement(
                        sql: "SELECT id, document FROM webhook_delivery WHERE tenant = ? AND endpoint = ? AND due <= ? ORDER BY due LIMIT ?"
                    ),
                    arguments: candidates
                ).map { (id: try $0.value(0) as String, document: try $0.value(1) as Data) }
            }
        } value: {
            readableDelivery($0.document)
        } setAside: { rows in
            let ids = rows.map(\.id)
            try await write(.process) { tasks in
                for id in ids {
                    try tasks.database.cachedStatement(sql: WebhookRow.setAside)
                        .execute(arguments: [(time + WebhookDelivery.setAsideFor).microseconds, id, time.microseconds])
                }
            }
        }
    }

    package func giveUpDeliveries(of queue: WebhookQueue, keeping kept: Int) async throws -> Int {
        let time = now
        let arguments = queue.arguments(kept, Self.deliveryBatch)
        let found = try await read { database in
            try Data.fetchAll(database.cachedStatement(sql: WebhookRow.excess), arguments: arguments)
        }.compactMap(readableDelivery)
        let changes = found.compactMap { $0.changed { $0.giveUp(at: time) } }
        return try await swap(changes, .process).count
    }

    package func settle(_ delivery: WebhookDelivery, _ outcome: WebhookOutcome) async throws -> WebhookDelivery? {
        guard let change = delivery.settled(outcome, at: now) else { return nil }
        return try await swap([change], .process).first
    }

    package func release(_ delivery: WebhookDelivery) async throws {
        guard let change = delivery.released else { return }
        _ = try await swap([change], .process)
    }

    package func forgetDeliveries(limit: Int) async throws -> Int {
        let end = (now - WebhookDelivery.retention).microseconds
        return try await write(.process) { tasks in
            try tasks.database.execute(
                sql: """
                    DELETE FROM webhook_delivery
                    WHERE id IN (SELECT id FROM webhook_delivery WHERE created_at < ? ORDER BY created_at LIMIT ?)
                    """, arguments: [end, limit])
            return tasks.database.changesCount
        }
    }

    /// Releases the deliveries that an earlier run of this process was sending; holding the lock on the data folder proves that it has ended.
    func releaseDeliveries() async throws {
        let documents = try await read {
            try Data.fetchAll($0, sql: "SELECT document FROM webhook_delivery WHERE leased AND due IS NOT NULL")
        }
        for delivery in documents.compactMap(readableDelivery) { try await release(delivery) }
    }
}
