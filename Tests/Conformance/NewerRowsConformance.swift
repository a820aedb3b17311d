package import PixelFlowCore

/// How a store handles rows of kinds that only a newer version knows, which remain after a rollback: it leaves them to that version,
/// and continues with the others.
package struct NewerRowsConformance: Sendable {
    package typealias Store = TaskStore & WebhookStore & BatchStore & PresetStore & AuditOutbox & UsageStore

    /// The tables with such rows.
    package enum Table: Sendable { case tasks, webhooks, deliveries, batches, presets, audit }

    let clock: ManualClock
    let reopen: @Sendable () async throws -> any Store
    let rewrite: @Sendable (_ table: Table, _ text: String, _ replacement: String) async throws -> Void

    /// - Parameters:
    ///   - clock: the clock of the store.
    ///   - reopen: opens the data without the memory of another store.
    ///   - rewrite: replaces a text in all rows of a table.
    package init(
        clock: ManualClock, reopen: @escaping @Sendable () async throws -> any Store,
        rewrite: @escaping @Sendable (_ table: Table, _ text: String, _ replacement: String) async throws -> Void
    ) {
        self.clock = clock
        self.reopen = reopen
        self.rewrite = rewrite
    }

    package static let cases: [ConformanceCase<NewerRowsConformance>] = [
        ConformanceCase("newer rows: deliveries of an unknown event delay no others, and a version that supports it sends them") {
            try await $0.deliveriesGoOn()
        },
        ConformanceCase("newer rows: an endpoint gets the known events, and keeps the unknown ones") { try await $0.endpointsKeepEvents() },
        ConformanceCase("newer rows: events wait for an unreadable endpoint, and those of other tenants do not") {
            try await $0.eventsWaitForEndpoints()
        },
        ConformanceCase("newer rows: events wait for such an endpoint as long as deliveries are kept") {
            try await $0.eventsWaitForSomeTime()
        },
        ConformanceCase("newer rows: a batch of an unknown lane is looked at, and keeps it") { try await $0.batchesKeepLanes() },
        ConformanceCase("newer rows: tasks with an unknown operation are left out of lists, and others go to work") {
            try await $0.tasksGoOn()
        },
        ConformanceCase("newer rows: what is due is found behind many rows that became due at once") { try await $0.dueRowsAreFound() },
        ConformanceCase("newer rows: tasks with an unknown operation hold up the retention of no others") {
            try await $0.retentionGoesOn()
        },
        ConformanceCase("newer rows: audit entries of unknown acts hold up no others") { try await $0.auditGoesOn() },
        ConformanceCase("newer rows: a preset with an unknown operation is left out of the list") { try await $0.presetsAreListed() },
        ConformanceCase("newer rows: presets and webhooks of a deleted organisation are removed, whoever can read them") {
            try await $0.organisationsAreRemoved()
        },
    ]

    private static let tenant = TenantID("tenant-a")
    private static let endpoint = WebhookID("shop")

    private func task(of tenant: TenantID = Self.tenant, _ operations: [ImageOperation] = []) -> TaskRecord {
        // Each is newer than the previous one.
        clock.advance(by: .milliseconds(2))
        var task = TaskRecord(
            id: .make(at: clock.now()), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/cat.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "image", operations: operations)]), fingerprint: "print",
            requestID: "request", createdAt: clock.now())
        task.dispatch.isHeld = true
        return task
    }

    private static let resize = ImageOperation.resize(.init(width: 16, height: 16, fit: .inside))

    func deliveriesGoOn() async throws {
        let store = try await reopen()
        _ = try await store.add(
            WebhookEndpoint(id: Self.endpoint, tenant: Self.tenant, url: "https://example.com/", events: [], createdAt: clock.now()))
        let queue = WebhookQueue(tenant: Self.tenant, endpoint: Self.endpoint)
        func add(_ event: WebhookEvent, _ count: Int) async throws -> [WebhookDeliveryID] {
            var ids: [WebhookDeliveryID] = []
            for _ in 0..<count {
                clock.advance(by: .milliseconds(2))
                let id = WebhookDeliveryID("msg_\(UUIDv7.make())")
                try await store.add(
                    WebhookDelivery(
                        id: id, tenant: Self.tenant, endpoint: Self.endpoint, event: event, eventAt: clock.now(), payload: .test,
                        createdAt: clock.now()))
                ids.append(id)
            }
            return ids
        }
        var known = try await add(.test, 1)
        let newer = Set(try await add(.batchCompleted, 25))
        known += try await add(.test, 1)
        try await rewrite(.deliveries, WebhookEvent.batchCompleted.rawValue, "batch.split")

        try requireEqual(try await store.deliveries(.init(queue, limit: 2)).map(\.id), known.reversed(), "the list")
        try requireEqual(Set(try await store.claimDeliveries(of: queue, limit: 2).map(\.id)), Set(known), "claims")
        for delivery in known { try requireEqual(try await store.delivery(delivery, to: queue)?.epoch, 1, "the claim of each") }
        try requireEqual(try await store.dueWebhookQueues(limit: 10), [], "queues with something to send")

        try await rewrite(.deliveries, "batch.split", WebhookEvent.batchCompleted.rawValue)
        clock.advance(by: WebhookDelivery.setAsideFor + WebhookDelivery.lease)
        var sent: Set<WebhookDeliveryID> = []
        while let delivery = try await store.claimDeliveries(of: queue, limit: 1).first {
            sent.insert(delivery.id)
            _ = try await store.settle(delivery, WebhookOutcome(status: 200))
        }
        try requireEqual(sent, newer.union(known), "deliveries of the newer version")
    }

    func endpointsKeepEvents() async throws {
        let store = try await reopen()
        _ = try await store.add(
            WebhookEndpoint(
                id: Self.endpoint, tenant: Self.tenant, url: "https://example.com/", events: [.taskCancelled, .batchCompleted],
                createdAt: clock.now()))
        try await rewrite(.webhooks, WebhookEvent.batchCompleted.rawValue, "batch.split")
        let older = try await reopen()
        guard case .created(let task) = try await older.create(task()), let ended = try await older.cancel(task.id, of: Self.tenant) else {
            throw ConformanceFailure("no task that has ended", file: #fileID, line: #line)
        }
        try await older.fanOut([ended])
        let queue = WebhookQueue(tenant: Self.tenant, endpoint: Self.endpoint)
        try requireEqual(try await older.deliveries(.init(queue)).map(\.event), [.taskCancelled], "what is told")
        try requireEqual(try await older.webhooks(of: Self.tenant).endpoints.map(\.events), [[.taskCancelled]], "the list")
        var endpoint = try requireValue(try await older.webhook(Self.endpoint, of: Self.tenant), "no endpoint")
        endpoint.events = [.taskFailed]
        endpoint.revision += 1
        try requireEqual(try await older.replace(endpoint), true, "changed")

        try await rewrite(.webhooks, "batch.split", WebhookEvent.batchCompleted.rawValue)
        let newer = try await reopen()
        try requireEqual(try await newer.webhook(Self.endpoint, of: Self.tenant)?.events, [.taskFailed, .batchCompleted], "stored value")
    }

    func eventsWaitForEndpoints() async throws {
        let stranger = TenantID("tenant-b")
        func endpoint(_ id: String, of tenant: TenantID) -> WebhookEndpoint {
            WebhookEndpoint(
                id: WebhookID(id), tenant: tenant, url: "https://example.com/", events: [.taskCancelled], createdAt: clock.now())
        }
        _ = try await reopen().add(endpoint("shop", of: Self.tenant))
        try await rewrite(.webhooks, #""url""#, #""urls""#)
        let older = try await reopen()
        for tenant in [Self.tenant, stranger] { _ = try await older.add(endpoint("other", of: tenant)) }
        var ended: [TaskRecord] = []
        for tenant in [Self.tenant, stranger] {
            guard case .created(let task) = try await older.create(task(of: tenant)),
                let cancelled = try await older.cancel(task.id, of: tenant)
            else { throw ConformanceFailure("no task that has ended", file: #fileID, line: #line) }
            ended.append(cancelled)
        }
        func told(_ store: any Store, _ id: String, _ tenant: TenantID) async throws -> Int {
            try await store.deliveries(.init(WebhookQueue(tenant: tenant, endpoint: WebhookID(id)))).count
        }
        try requireEqual(try await older.fanOut(ended), [ended[0].id], "whose events wait")
        try requireEqual(try await older.fanOut([ended[1]]), [], "whose events wait of those that can all be read")
        for tenant in [Self.tenant, stranger] { try requireEqual(try await told(older, "other", tenant), 1, "told all the same") }

        try await rewrite(.webhooks, #""urls""#, #""url""#)
        let newer = try await reopen()
        try requireEqual(try await newer.fanOut(ended), [], "tenants with waiting events in the newer version")
        try requireEqual(try await told(newer, "shop", Self.tenant), 1, "deliveries of the newer version")
        try requireEqual(try await told(newer, "other", Self.tenant), 1, "deliveries of the other endpoint")
    }

    /// As old as no delivery would be.
    func eventsWaitForSomeTime() async throws {
        let endpoint = WebhookEndpoint(
            id: Self.endpoint, tenant: Self.tenant, url: "https://example.com/", events: [.taskCancelled], createdAt: clock.now())
        _ = try await reopen().add(endpoint)
        try await rewrite(.webhooks, #""url""#, #""urls""#)
        let older = try await reopen()
        guard case .created(let task) = try await older.create(task()), let ended = try await older.cancel(task.id, of: Self.tenant) else {
            throw ConformanceFailure("no task that has ended", file: #fileID, line: #line)
        }
        clock.advance(by: WebhookDelivery.retention - .seconds(60))
        try requireEqual(try await older.fanOut([ended]), [ended.id], "what waits while it is young enough")
        clock.advance(by: .seconds(120))
        try requireEqual(try await older.fanOut([ended]), [], "what waits when it is too old")

        try await rewrite(.webhooks, #""urls""#, #""url""#)
        let newer = try await reopen()
        try requireEqual(try await newer.fanOut([ended]), [], "no endpoint waits")
        try requireEqual(try await newer.deliveries(.init(endpoint.queue)).map(\.id), [], "what is told too late")
    }

    func batchesKeepLanes() async throws {
        let store = try await reopen()
        let batch = Batch(id: .make(at: clock.now()), tenant: Self.tenant, owner: UserID("user"), lane: .low, createdAt: clock.now())
        try await store.add(batch)
        try await rewrite(.batches, #""low""#, #""idle""#)
        clock.advance(by: .seconds(1))
        var found = try requireValue(try await store.dueBatches(limit: 10).first, "nothing is due")
        try requireEqual(found.lane, nil, "the lane")
        try requireEqual(try await store.batches(BatchQuery(tenant: Self.tenant)).map(\.id), [batch.id], "the list")
        found.postpone(until: clock.now() + .seconds(60))
        try requireEqual(try await store.replace(found), true, "changed")

        try await rewrite(.batches, #""idle""#, #""low""#)
        try requireEqual(try await store.batch(batch.id, of: Self.tenant)?.lane, .low, "stored value")
    }

    func tasksGoOn() async throws {
        let store = try await reopen()
        var known: [TaskID] = []
        var newer: [TaskID] = []
        for operations in [[], [Self.resize], [Self.resize], [Self.resize], []] {
            guard case .created(let task) = try await store.create(task(of: Self.tenant, operations)) else {
                throw ConformanceFailure("a new task was not added", file: #fileID, line: #line)
            }
            if operations.isEmpty { known.append(task.id) } else { newer.append(task.id) }
        }
        try await rewrite(.tasks, "resize", "engrave")
        let older = try await reopen()
        clock.advance(by: .seconds(1))

        try requireEqual(try await older.list(TaskQuery(tenant: Self.tenant, limit: 2)).tasks.map(\.id), known.reversed(), "the list")
        try requireEqual(
            try await older.changes(of: Self.tenant, after: TimelinePosition(after: Timestamp(microseconds: 0)), limit: 2).map(\.id), known,
            "changes")
        for id in newer {
            try await requireRefusal(.unavailable, "a task of a newer version") { _ = try await older.find(id, of: Self.tenant) }
        }
        let turns = try await older.takeHeld([HeldQueue(lane: .normal, tenant: Self.tenant): 2])
        try requireEqual(Set(turns.map(\.id)), Set(known), "turns")
        clock.advance(by: TaskPolicy.standard.publishTimeout + .seconds(1))
        try requireEqual(Set(try await older.takeDue(limit: 2).map(\.id)), Set(known), "redispatched tasks")
        let claims = try await withThrowingTaskGroup(of: TaskID?.self) { group in
            for id in known + newer {
                group.addTask { [newer] in
                    do {
                        return try await older.claim(id, by: WorkerID("worker"))?.id
                    } catch let error as PixelFlowError where newer.contains(id) && error.kind == .unavailable {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: Set<TaskID>()) { if let id = $1 { $0.insert(id) } }
        }
        try requireEqual(claims, Set(known), "claims")

        // Longer than a lease, so that lost ones are found.
        clock.advance(by: TaskPolicy.standard.leaseDuration + .seconds(1))
        try await rewrite(.tasks, "engrave", "resize")
        let upgraded = try await reopen()
        try requireEqual(Set(try await upgraded.expireLeases(limit: 10).map(\.id)), Set(known), "lost leases")
        for id in newer {
            let task = try requireValue(try await upgraded.find(id, of: Self.tenant), "gone")
            try requireEqual([task.losses, task.attempts, task.epoch], [0, 0, 0], "losses, attempts and epochs")
            try requireEqual(task.history.map(\.reason), ["created"], "the history")
            try requireEqual(task.startedAt, nil, "the start")
        }
        let claimed = try requireValue(try await upgraded.claim(newer[0], by: WorkerID("newer")), "not claimed by a newer worker")
        try requireEqual([claimed.losses, claimed.attempts, claimed.epoch], [0, 1, 1], "losses, attempts and epochs")
        try requireEqual(claimed.history.map(\.epoch), [0, 1], "epochs in the history")
    }

    func retentionGoesOn() async throws {
        let store = try await reopen()
        var known: Set<TaskID> = []
        for operations in [[Self.resize], [Self.resize], [Self.resize], [], []] {
            guard case .created(let task) = try await store.create(task(of: Self.tenant, operations)) else {
                throw ConformanceFailure("a new task was not added", file: #fileID, line: #line)
            }
            _ = try await store.cancel(task.id, of: Self.tenant)
            if operations.isEmpty { known.insert(task.id) }
        }
        try await store.setQuota(Quota(retentionDays: 1), of: Self.tenant)
        try await rewrite(.tasks, "resize", "engrave")
        let older = try await reopen()
        clock.advance(by: .seconds(2 * 86_400))
        try requireEqual(Set(try await older.pastRetention(after: nil, limit: 2).tasks.map(\.id)), known, "what is past its retention")
        for id in known { _ = try requireValue(try await older.delete(id, of: Self.tenant), "not deleted") }
        try requireEqual(try await older.pastRetention(after: nil, limit: 2), ExpiredTaskPage(), "what is left to a newer version")
    }

    /// More than are read at first, all of the same time.
    func dueRowsAreFound() async throws {
        let store = try await reopen()
        let count = 30
        func create(_ operations: [ImageOperation], isHeld: Bool) async throws -> TaskRecord {
            var task = TaskRecord(
                id: .make(at: clock.now()), tenant: Self.tenant, owner: UserID("user"), source: .url("https://example.com/cat.jpg"),
                pipeline: Pipeline(outputs: [OutputSpec(name: "image", operations: operations)]), fingerprint: "print",
                requestID: "request", createdAt: clock.now())
            task.dispatch.isHeld = isHeld
            guard case .created(let created) = try await store.create(task) else {
                throw ConformanceFailure("a new task was not added", file: #fileID, line: #line)
            }
            return created
        }
        var known: [Bool: TaskID] = [:]
        for isHeld in [true, false] {
            for _ in 0..<count { _ = try await create([Self.resize], isHeld: isHeld) }
            clock.advance(by: .seconds(1))
            known[isHeld] = try await create([], isHeld: isHeld).id
        }
        var batches: [BatchID] = []
        for index in 0...count {
            if index == count { clock.advance(by: .seconds(1)) }
            let batch = Batch(
                id: .make(at: clock.now()), tenant: Self.tenant, owner: UserID("user"), description: index < count ? "newer" : "",
                createdAt: clock.now())
            try await store.add(batch)
            batches.append(batch.id)
        }
        try await rewrite(.tasks, "resize", "engrave")
        try await rewrite(.batches, #""newer""#, "7")
        let older = try await reopen()
        clock.advance(by: TaskPolicy.standard.publishTimeout + .seconds(10))

        let queue = HeldQueue(lane: .normal, tenant: Self.tenant)
        try requireEqual(try await older.takeHeld([queue: 1]).map(\.id), [known[true]], "turns")
        try requireEqual(try await older.takeDue(limit: 1).map(\.id), [known[false]], "what is dispatched once more")
        try requireEqual(try await older.dueBatches(limit: 1).map(\.id), Array(batches.suffix(1)), "batches")
        let claimed = try requireValue(try await older.claim(known[false] ?? TaskID(""), by: WorkerID("worker")), "not claimed")
        clock.advance(by: TaskPolicy.standard.leaseDuration + .seconds(1))
        try requireEqual(try await older.expireLeases(limit: 1).map(\.id), [claimed.id], "leases")
    }

    func auditGoesOn() async throws {
        let store = try await reopen()
        let ids = (0..<4).map { _ in UUIDv7.make() }.sorted()
        for (index, id) in ids.enumerated() {
            let entry = AuditEntry(
                id: id, organisation: Self.tenant, at: clock.now(), actor: "user-1", actorName: "ada@example.org",
                action: index < 3 ? .presetDeleted : .presetSaved)
            try await store.addAudit(entry)
            try await store.settleAudit(entry)
        }
        try await rewrite(.audit, AuditAction.presetDeleted.rawValue, "preset.archived")
        let found = try await store.undeliveredAudit(before: clock.now(), limit: 1)
        try requireEqual(found.map(\.entry.id), [ids[3]], "what is delivered")
        try requireEqual(try await store.auditBacklog(), 4, "remaining entries")
    }

    func presetsAreListed() async throws {
        let store = try await reopen()
        for (name, operations) in [("newer", [Self.resize]), ("older", [])] {
            let pipeline = Pipeline(outputs: [OutputSpec(name: "image", operations: operations)])
            _ = try await store.put(Preset(name: name, pipeline: pipeline, updatedAt: clock.now()), of: Self.tenant)
        }
        try await rewrite(.presets, "resize", "engrave")
        let older = try await reopen()
        try requireEqual(try await older.presets(of: Self.tenant).map(\.name), ["older"], "the list")
        try await requireRefusal(.unavailable, "a preset of a newer version") { _ = try await older.preset("newer", of: Self.tenant) }
    }

    func organisationsAreRemoved() async throws {
        let store = try await reopen()
        let stranger = TenantID("tenant-b")
        func fill(_ tenant: TenantID, _ count: Int, _ operations: [ImageOperation]) async throws {
            let pipeline = Pipeline(outputs: [OutputSpec(name: "image", operations: operations)])
            for number in 0..<count {
                _ = try await store.put(Preset(name: "preset-\(number)", pipeline: pipeline, updatedAt: clock.now()), of: tenant)
                _ = try await store.add(
                    WebhookEndpoint(
                        id: WebhookID("shop-\(number)"), tenant: tenant, url: "https://example.com/", events: [.taskFailed],
                        createdAt: clock.now()))
            }
        }
        try await fill(Self.tenant, 3, [Self.resize])
        try await rewrite(.presets, "resize", "engrave")
        try await rewrite(.webhooks, #""url""#, #""urls""#)
        try await fill(stranger, 1, [])
        let older = try await reopen()
        for removed in [2, 1, 0] {
            try requireEqual(try await older.removePresets(of: Self.tenant, limit: 2), removed, "presets")
            try requireEqual(try await older.removeWebhooks(of: Self.tenant, limit: 2), removed, "webhooks")
        }
        try requireEqual(try await older.presets(of: stranger).count, 1, "a stranger's presets")
        try requireEqual(try await older.webhook(WebhookID("shop-0"), of: stranger) == nil, false, "a stranger's webhook is gone")

        try await rewrite(.presets, "engrave", "resize")
        try await rewrite(.webhooks, #""urls""#, #""url""#)
        let newer = try await reopen()
        try requireEqual(try await newer.presets(of: Self.tenant), [], "what a version finds that can read the presets")
        for number in 0..<3 {
            let found = try await newer.webhook(WebhookID("shop-\(number)"), of: Self.tenant)
            try requireEqual(found?.id, nil, "what a version finds that can read the webhooks")
        }
    }
}
