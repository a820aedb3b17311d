package import PixelFlowCore

/// The rules of `WebhookStore`, checked only through the ports.
package struct WebhookStoreConformance: Sendable {
    let store: any WebhookStore & TaskStore
    /// The clock of the store; nil if it has its own.
    let clock: ManualClock?

    package init(store: any WebhookStore & TaskStore, clock: ManualClock?) {
        self.store = store
        self.clock = clock
    }

    /// All rules that can be checked with any clock.
    package static let cases: [ConformanceCase<WebhookStoreConformance>] = [
        ConformanceCase("webhooks: an endpoint is added once, replaced by its next revision and removed once") {
            try await $0.endpointsAreChangedInOrder()
        },
        ConformanceCase("webhooks: an organisation never has more endpoints than the limit, even if they are added concurrently") {
            try await $0.endpointsAreLimited()
        },
        ConformanceCase("webhooks: endpoints of two organisations are separate") { try await $0.organisationsDoNotMeet() },
        ConformanceCase("webhooks: an ended task creates one delivery per subscribed endpoint, even if fanned out repeatedly") {
            try await $0.fanOutIsIdempotent()
        },
        ConformanceCase("webhooks: the URL of a task gets a delivery whatever the endpoints are") { try await $0.taskURLsAreTold() },
        ConformanceCase("webhooks: a replayed task creates another delivery when it ends again") { try await $0.generationsAreToldApart() },
        ConformanceCase("webhooks: a failure is told as it was, even if the task was replayed before") {
            try await $0.failuresAreToldAfterAReplay()
        },
        ConformanceCase("webhooks: a delivery is claimed by one of many senders") { try await $0.oneSenderClaims() },
        ConformanceCase("webhooks: at most ten deliveries of a queue are claimed at a time, by all senders together") {
            try await $0.queuesHaveAWidth()
        },
        ConformanceCase("webhooks: a settled delivery is delivered and logged") { try await $0.settledIsDelivered() },
        ConformanceCase("webhooks: 410 ends a delivery") { try await $0.goneEnds() },
        ConformanceCase("webhooks: a settled or released claim is fenced") { try await $0.oldClaimsAreFenced() },
        ConformanceCase("webhooks: the log is listed newest first, in pages of any size") { try await $0.pagesAreTheSame() },
        ConformanceCase("webhooks: a delivery is replayed with its id, but not during an attempt") {
            try await $0.replaysKeepTheID()
        },
        ConformanceCase("webhooks: all failures since a time are replayed") { try await $0.failuresAreReplayed() },
        ConformanceCase("webhooks: deliveries are removed with their endpoint") { try await $0.removalTakesDeliveries() },
        ConformanceCase("webhooks: only deliveries of an organisation are removed") {
            try await $0.leftDeliveriesAreRemoved()
        },
        ConformanceCase("webhooks: of the pending deliveries of a queue, the oldest are given up") { try await $0.theOldestAreGivenUp() },
        ConformanceCase("webhooks: more failures are replayed than fit into one command") { try await $0.manyFailuresAreReplayed() },
    ]

    /// Rules about hours and days, for a clock that can be controlled.
    package static let timedCases: [ConformanceCase<WebhookStoreConformance>] = [
        ConformanceCase("webhooks: attempts follow the schedule, and the delivery fails after the last one") {
            try await $0.attemptsFollowTheSchedule()
        },
        ConformanceCase("webhooks: after an hour of failures, the next attempt succeeds") {
            try await $0.anHourOfErrorsIsGotOver()
        },
        ConformanceCase("webhooks: after an outage of a day, everything is delivered in the order of attempts") {
            try await $0.aDayAwayIsGotOver()
        },
        ConformanceCase("webhooks: Retry-After delays an attempt") { try await $0.retryAfterIsHonoured() },
        ConformanceCase("webhooks: the claim of a vanished sender is taken over, and the old one is fenced") {
            try await $0.vanishedSendersAreReplaced()
        },
        ConformanceCase("webhooks: deliveries are deleted after 30 days") { try await $0.oldDeliveriesAreForgotten() },
    ]

    static let tenant = TenantID("tenant-a")
    static let stranger = TenantID("tenant-b")
    var queue: WebhookQueue { WebhookQueue(tenant: Self.tenant, endpoint: WebhookID("shop")) }

    func endpoint(
        _ id: String = "shop", of tenant: TenantID = Self.tenant, events: Set<WebhookEvent> = [.taskCompleted, .taskCancelled]
    ) -> WebhookEndpoint {
        WebhookEndpoint(
            id: WebhookID(id), tenant: tenant, url: "https://example.com/\(id)", events: events, description: "Füße",
            createdAt: Timestamp(microseconds: 1_767_225_600_123_456))
    }

    /// A cancelled task, in the state in which it is published.
    func endedTask(of tenant: TenantID = Self.tenant, webhookURL: String? = nil) async throws -> TaskRecord {
        let created = try await newTask(of: tenant, webhookURL: webhookURL)
        return try requireValue(try await store.cancel(created.id, of: tenant), "not cancelled")
    }

    func newTask(of tenant: TenantID = Self.tenant, webhookURL: String? = nil) async throws -> TaskRecord {
        let now = clock?.now() ?? SystemClock().now()
        let task = TaskRecord(
            id: .make(at: now), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/cat.jpg"),
            pipeline: BuiltInPresets.all["web"] ?? Pipeline(outputs: []), webhookURL: webhookURL, fingerprint: "print",
            requestID: "request",
            createdAt: now)
        guard case .created(let created) = try await store.create(task) else {
            throw ConformanceFailure("a new task was not added", file: #fileID, line: #line)
        }
        return created
    }

    /// The only delivery of a finished task, due now.
    func addDelivery() async throws -> WebhookDelivery {
        let task = try await endedTask()
        try await store.fanOut([task])
        let id = WebhookDeliveryID(task: task.id, generation: 1, endpoint: queue.endpoint)
        return try requireValue(try await store.delivery(id, to: queue), "no delivery")
    }

    func claimOne(file: String = #fileID, line: Int = #line) async throws -> WebhookDelivery {
        let claimed = try await soon("a claim") { () -> [WebhookDelivery]? in
            let found = try await store.claimDeliveries(of: queue, limit: 1)
            return found.isEmpty ? nil : found
        }
        return try requireValue(claimed.first, "nothing to claim", file: file, line: line)
    }

    /// Polls, because the clocks of two processes may differ slightly.
    func soon<Value>(_ what: String, _ body: () async throws -> Value?) async throws -> Value {
        if clock == nil { return try await eventually(what, body) }
        return try requireValue(try await body(), "not when it was due: \(what)")
    }
}
