package import PixelFlowCore

private typealias Name = WebhookDocument.Name

extension MongoTaskStore: WebhookOwnerStore {
    /// The maximum age of the endpoints that a process uses. The response to a change waits as long, so that no process misses an event
    /// afterwards.
    static let endpointAge = Duration.seconds(1)

    /// The margin covers the difference between monotonic clocks.
    package var webhookPropagationTime: Duration { Self.endpointAge + .milliseconds(100) }

    package func webhooks(of tenant: TenantID) async throws -> ReadableEndpoints {
        try await reading(for: tenant) { try await tasks.endpoints(of: tenant) }
    }

    package func webhook(_ id: WebhookID, of tenant: TenantID) async throws -> WebhookEndpoint? {
        try await reading(for: tenant) {
            try tasks.one(
                try await tasks.rows(.webhooks, in: WebhookDocument.endpoints, where: WebhookDocument.filter(id, tenant), limit: 1),
                WebhookDocument.endpoint)
        }
    }

    package func add(_ endpoint: WebhookEndpoint) async throws -> Bool {
        defer { tasks.endpoints.forget(endpoint.tenant) }
        while true {
            try Task.checkCancellation()
            var document = try WebhookDocument.document(of: endpoint)
            if endpoint.id != .organisation {
                guard let slot = try await freeSlot(for: endpoint) else { return false }
                document[Name.slot] = .int(slot)
            }
            if try await tasks.insertNew(.webhooks, into: WebhookDocument.endpoints, [document]) == 1 { return true }
            // Either the id exists, or another endpoint has just taken the slot.
            let filter = WebhookDocument.filter(endpoint.id, endpoint.tenant)
            let same = try await tasks.rows(.webhooks, in: WebhookDocument.endpoints, where: filter, limit: 1, fields: [Name.id])
            if !same.isEmpty { return false }
        }
    }

    /// The first slot that no other endpoint of the organisation has, so that of two that are added at the same time, one has to look again.
    /// Nil if the endpoint exists.
    ///
    /// - Throws: `too_many_webhooks`. Endpoints of a restored backup may have no slot, so their number counts.
    private func freeSlot(for endpoint: WebhookEndpoint) async throws -> Int? {
        let rows = try await tasks.rows(
            .webhooks, in: WebhookDocument.endpoints, where: [Name.tenant: .string(endpoint.tenant.rawValue)],
            limit: WebhookEndpoint.limit + 1, fields: [Name.id, Name.slot])
        func id(_ id: WebhookID) -> BSONValue? { WebhookDocument.filter(id, endpoint.tenant)[Name.id] }
        if rows.contains(where: { $0[Name.id] == id(endpoint.id) }) { return nil }
        guard rows.count(where: { $0[Name.id] != id(.organisation) }) < WebhookEndpoint.limit else {
            throw PixelFlowError.tooManyWebhooks
        }
        let taken = Set(rows.compactMap { $0[Name.slot]?.int })
        guard let slot = (0..<WebhookEndpoint.limit).first(where: { !taken.contains($0) }) else { throw PixelFlowError.tooManyWebhooks }
        return slot
    }

    package func replace(_ endpoint: WebhookEndpoint) async throws -> Bool {
        defer { tasks.endpoints.forget(endpoint.tenant) }
        var filter = WebhookDocument.filter(endpoint.id, endpoint.tenant)
        filter[Name.revision] = .int(endpoint.revision - 1)
        let document = try WebhookDocument.document(of: endpoint)
        let changes = BSONDocument(document.fields.filter { [Name.revision, Name.document].contains($0.name) })
        return try await tasks.update(
            .webhooks, in: WebhookDocument.endpoints, [.statement(where: filter, ["$set": .document(changes)])]) == 1
    }

    package func removeWebhook(_ id: WebhookID, of tenant: TenantID) async throws -> Bool {
        defer { tasks.endpoints.forget(tenant) }
        let wasThere = try await tasks.delete(
            .webhooks, in: WebhookDocument.endpoints, where: WebhookDocument.filter(id, tenant))
        // Also after a call whose response was lost, or that was interrupted.
        let filter = WebhookDocument.filter(WebhookQueue(tenant: tenant, endpoint: id))
        while try await tasks.removeDeliveries(where: filter, limit: Self.deliveryBatch) > 0 { try Task.checkCancellation() }
        return wasThere
    }

    package func removeWebhooks(of tenant: TenantID, limit: Int) async throws -> Int {
        defer { tasks.endpoints.forget(tenant) }
        return try await tasks.deleteSome(
            .webhooks, in: WebhookDocument.endpoints, where: [Name.tenant: .string(tenant.rawValue)], limit: limit)
    }

    package func removeDeliveries(of tenant: TenantID, limit: Int) async throws -> Int {
        try await tasks.removeDeliveries(where: [Name.tenant: .string(tenant.rawValue)], limit: limit)
    }

    package func delivery(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery? {
        var filter = WebhookDocument.filter(queue)
        filter[Name.id] = .string(id.rawValue)
        return try await reading(for: queue.tenant) { [filter] in
            try tasks.one(
                try await tasks.rows(.webhooks, in: WebhookDocument.deliveries, where: filter, limit: 1), WebhookDocument.delivery)
        }
    }

    package func deliveries(_ query: WebhookDeliveryQuery) async throws -> [WebhookDelivery] {
        var filter = WebhookDocument.filter(query.queue)
        filter[Name.state] = query.state.map { .string($0.rawValue) }
        if let position = query.position {
            filter[Name.createdAt] = ["$lte": .time(position.time)]
            filter["$or"] = [
                [Name.createdAt: ["$lt": .time(position.time)]],
                [Name.createdAt: .time(position.time), Name.id: ["$lt": .string(position.id.rawValue)]],
            ]
        }
        return try await reading(for: query.queue.tenant) { [filter] in
            try await tasks.deliveries(where: filter, sort: [Name.createdAt: -1, Name.id: -1], limit: query.limit)
        }
    }

    package func add(_ delivery: WebhookDelivery) async throws {
        try await tasks.insertNew(.webhooks, into: WebhookDocument.deliveries, [try WebhookDocument.document(of: delivery)])
    }

    package func replay(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery? {
        while let found = try await delivery(id, to: queue) {
            let now = try await tasks.clock.read().earliest
            guard let change = found.changed(by: { $0.replay(at: now) }) else { throw PixelFlowError.deliveryUnderWay }
            if try await tasks.swap(change) { return change.new }
            try Task.checkCancellation()
        }
        return nil
    }

    package func replayFailed(to queue: WebhookQueue, since time: Timestamp, limit: Int) async throws -> Int {
        let now = try await tasks.clock.read().earliest
        var filter = WebhookDocument.filter(queue)
        filter[Name.state] = .string(WebhookDelivery.State.failed.rawValue)
        filter[Name.eventAt] = ["$gte": .time(time)]
        var replayed = 0
        while replayed < limit {
            let batch = min(WebhookDocument.commandLimit, limit - replayed)
            let failed = try await reading(for: queue.tenant) { [filter] in
                try await tasks.deliveries(where: filter, sort: [Name.createdAt: 1, Name.id: 1], limit: batch)
            }
            let changes = failed.compactMap { $0.changed { $0.replay(at: now) } }
            let statements = try changes.map { try WebhookDocument.swap($0.old, $0.new) }
            for some in WebhookDocument.commands(statements) {
                replayed += try await tasks.update(.webhooks, in: WebhookDocument.deliveries, some)
            }
            if failed.count < batch { break }
            try Task.checkCancellation()
        }
        return replayed
    }
}

extension MongoTaskStore: WebhookFanOut {
    @discardableResult package func fanOut(_ tasks: [TaskRecord]) async throws -> Set<TaskID> {
        let ended = tasks.filter { !$0.outbox.isEmpty }
        var found: [TenantID: ReadableEndpoints] = [:]
        for tenant in Set(ended.map(\.tenant)) { found[tenant] = try await self.tasks.knownEndpoints(of: tenant) }
        let concerned = ended.filter { $0.webhookURL != nil || found[$0.tenant].map { !$0.endpoints.isEmpty || !$0.isComplete } == true }
        guard !concerned.isEmpty else { return [] }
        // The earliest time, so that any replica can claim the delivery immediately.
        let now = try await self.tasks.clock.read().earliest
        let deliveries = concerned.flatMap { WebhookDelivery.deliveries(for: $0, endpoints: found[$0.tenant]?.endpoints ?? [], at: now) }
        for some in WebhookDocument.commands(try deliveries.map(WebhookDocument.document)) {
            try await self.tasks.insertNew(.webhooks, into: WebhookDocument.deliveries, some)
        }
        return WebhookDelivery.waiting(concerned, endpoints: found, at: now)
    }

    package func mayNotify(of task: TaskRecord) async throws -> Bool {
        if task.webhookURL != nil { return true }
        return try await !tasks.knownEndpoints(of: task.tenant).endpoints.isEmpty
    }
}

extension MongoTaskStore: WebhookDeliveryStore {
    package func webhookTime() async throws -> Timestamp { try await tasks.clock.read().likely }

    /// The server skips from one queue to the next, so that the length of a queue does not matter: first to the tenants with due
    /// deliveries, then, for as many of them as needed, to their endpoints.
    package func dueWebhookQueues(limit: Int) async throws -> [WebhookQueue] {
        let due: BSONValue = ["$lte": .time(try await tasks.clock.read().latest)]
        // The server considers an index only if there is a condition on its first field.
        let tenants = try await tasks.distinct(
            .webhooks, in: WebhookDocument.deliveries, Name.tenant, where: [Name.tenant: ["$gte": ""], Name.due: due])
        var queues: [WebhookQueue] = []
        for tenant in tenants.shuffled() where queues.count < limit {
            let endpoints = try await tasks.distinct(
                .webhooks, in: WebhookDocument.deliveries, Name.endpoint, where: [Name.tenant: .string(tenant), Name.due: due])
            queues += endpoints.map { WebhookQueue(tenant: TenantID(tenant), endpoint: WebhookID($0)) }
        }
        return Array(queues.shuffled().prefix(limit))
    }

    /// A claim takes one of the slots of the queue. If two senders choose the same slot concurrently, the unique index rejects one of
    /// them.
    package func claimDeliveries(of queue: WebhookQueue, limit: Int) async throws -> [WebhookDelivery] {
        let now = try await tasks.clock.read().latest
        var held = WebhookDocument.filter(queue)
        held[Name.slot] = TaskDocument.present
        let rows = try await tasks.rows(.webhooks, in: WebhookDocument.deliveries, where: held, limit: WebhookQueue.width)
        let slots = Set(rows.compactMap { $0[Name.slot]?.int })
        // Deliveries of senders that have disappeared come first, because they still have their slots.
        let left = rows.filter { ($0[Name.due]?.int64 ?? .max) <= now.microseconds }
        var candidates = try await tasks.settingAside(left, at: now).prefix(limit).compactMap { delivery, row in
            row[Name.slot]?.int.map { (delivery, $0) }
        }
        let free = Set(0..<WebhookQueue.width).subtracting(slots).shuffled().prefix(limit - candidates.count)
        if !free.isEmpty {
            var due = WebhookDocument.filter(queue)
            due[Name.due] = ["$lte": .time(now)]
            due[Name.slot] = TaskDocument.absent
            candidates += zip(try await tasks.dueDeliveries(where: due, at: now, limit: free.count), free)
        }
        var claims: [WebhookDelivery] = []
        var statements: [BSONDocument] = []
        for (found, slot) in candidates {
            guard let change = found.changed(by: { $0.claim(at: now) }) else { continue }
            claims.append(change.new)
            statements.append(try WebhookDocument.swap(change.old, change.new, slot: slot))
        }
        guard !statements.isEmpty else { return [] }
        return try await tasks.claim(claims, by: statements)
    }

    package func giveUpDeliveries(of queue: WebhookQueue, keeping kept: Int) async throws -> Int {
        let now = try await tasks.clock.read().earliest
        var filter = WebhookDocument.filter(queue)
        filter[Name.state] = .string(WebhookDelivery.State.pending.rawValue)
        let excess = try await tasks.rows(
            .webhooks, in: WebhookDocument.deliveries, where: filter, sort: [Name.createdAt: -1, Name.id: -1], skip: kept, limit: 1,
            fields: [Name.createdAt])
        guard let newest = excess.first, let time = newest[Name.createdAt], let id = newest[Name.id] else { return 0 }
        filter[Name.createdAt] = ["$lte": time]
        filter["$or"] = [[Name.createdAt: ["$lt": time]], [Name.createdAt: time, Name.id: ["$lte": id]]]
        let found = try await tasks.deliveries(where: filter, sort: [Name.createdAt: 1, Name.id: 1], limit: Self.deliveryBatch)
        let changes = found.compactMap { $0.changed { $0.giveUp(at: now) } }
        let statements = try changes.map { try WebhookDocument.swap($0.old, $0.new) }
        var count = 0
        for some in WebhookDocument.commands(statements) {
            count += try await tasks.update(.webhooks, in: WebhookDocument.deliveries, some)
        }
        return count
    }

    package func settle(_ delivery: WebhookDelivery, _ outcome: WebhookOutcome) async throws -> WebhookDelivery? {
        guard let change = delivery.settled(outcome, at: try await tasks.clock.read().likely) else { return nil }
        return try await tasks.swap(change) ? change.new : nil
    }

    package func release(_ delivery: WebhookDelivery) async throws {
        guard let change = delivery.released else { return }
        _ = try await tasks.swap(change)
    }

    package func forgetDeliveries(limit: Int) async throws -> Int {
        let end = try await tasks.clock.read().earliest - WebhookDelivery.retention
        return try await tasks.removeDeliveries(where: [Name.createdAt: ["$lt": .time(end)]], limit: limit)
    }
}

extension TaskCommands {
    private static let endpointLimit = WebhookEndpoint.limit * 2

    fileprivate func endpoints(of tenant: TenantID) async throws -> ReadableEndpoints {
        let found = try await rows(
            .webhooks, in: WebhookDocument.endpoints, where: [Name.tenant: .string(tenant.rawValue)],
            sort: [Name.createdAt: 1, Name.id: 1], limit: Self.endpointLimit)
        return ReadableEndpoints(found.map { row in unreadable.value(of: .webhook) { try WebhookDocument.endpoint(row) } })
    }

    /// From the cache of this process, at most `MongoTaskStore.endpointAge` old.
    fileprivate func knownEndpoints(of tenant: TenantID) async throws -> ReadableEndpoints {
        if let known = endpoints[tenant] { return known }
        let start = ContinuousClock.now
        let found = try await endpoints(of: tenant)
        endpoints.put(found, of: tenant, read: start)
        return found
    }

    fileprivate func deliveries(where filter: BSONDocument, sort: BSONDocument? = nil, limit: Int) async throws -> [WebhookDelivery] {
        try await readable(.delivery, limit: limit, WebhookDocument.delivery) {
            try await rows(.webhooks, in: WebhookDocument.deliveries, where: filter, sort: sort, limit: $0)
        }
    }

    fileprivate func dueDeliveries(where filter: BSONDocument, at now: Timestamp, limit: Int) async throws -> [WebhookDelivery] {
        try await UnreadableRows.due(limit: limit, mostRows: MongoTaskStore.deliveryBatch) {
            try await rows(.webhooks, in: WebhookDocument.deliveries, where: filter, sort: [WebhookDocument.Name.due: 1], limit: $0)
        } value: {
            readableDelivery($0)
        } setAside: {
            try await setAside($0, at: now)
        }
    }

    private func readableDelivery(_ row: BSONDocument) -> WebhookDelivery? {
        unreadable.value(of: .delivery) { try WebhookDocument.delivery(row) }
    }

    /// Postpones deliveries that this version cannot decode, and releases their slots.
    private func setAside(_ rows: [BSONDocument], at now: Timestamp) async throws {
        let statements = rows.map { WebhookDocument.settingAside($0, until: now + WebhookDelivery.setAsideFor) }
        for some in WebhookDocument.commands(statements) { try await update(.webhooks, in: WebhookDocument.deliveries, some) }
    }

    /// Postpones claimed deliveries that this version cannot decode.
    ///
    /// - Returns: the readable ones.
    fileprivate func settingAside(
        _ found: [BSONDocument], at now: Timestamp
    ) async throws -> [(delivery: WebhookDelivery, row: BSONDocument)] {
        let rows = found.map { (delivery: readableDelivery($0), row: $0) }
        try await setAside(rows.filter { $0.delivery == nil }.map(\.row), at: now)
        return rows.compactMap { row in row.delivery.map { ($0, row.row) } }
    }

    /// Removes at most `limit` of the matching deliveries.
    ///
    /// - Returns: the number of removed deliveries.
    fileprivate func removeDeliveries(where filter: BSONDocument, limit: Int) async throws -> Int {
        let ids = try await rows(.webhooks, in: WebhookDocument.deliveries, where: filter, limit: limit, fields: [Name.id])
            .compactMap { $0[Name.id] }
        return try await deleteAll(.webhooks, in: WebhookDocument.deliveries, ids: ids)
    }

    fileprivate func swap(_ change: WebhookDelivery.Change) async throws -> Bool {
        try await update(.webhooks, in: WebhookDocument.deliveries, [try WebhookDocument.swap(change.old, change.new)]) == 1
    }

    /// - Returns: those of the claims that have been written. The documents say it, not the count of the update: one whose reply was
    ///   lost and that was sent again finds nothing the second time.
    fileprivate func claim(_ claims: [WebhookDelivery], by statements: [BSONDocument]) async throws -> [WebhookDelivery] {
        let reply = try await database.run(.webhooks, .update(WebhookDocument.deliveries, statements, database.commandTimeout))
        try reply.requireWritten(besideDuplicates: true)
        if reply.matched == claims.count { return claims }
        let ids = BSONValue.array(claims.map { .string($0.id.rawValue) })
        let found = try await deliveries(where: [Name.id: ["$in": ids]], limit: claims.count)
        return found.filter(claims.contains)
    }
}
