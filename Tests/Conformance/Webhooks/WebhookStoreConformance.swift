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
        ConformanceCase("webhooks: an endpoint is added once, replaced by its next revision, removed once") {
            try await $0.endpointsAreChangedInOrder()
        },
        ConformanceCase("webhooks: endpoints of two organisations do not meet") { try await $0.organisationsDoNotMeet() },
        ConformanceCase("webhooks: an ended task makes one delivery for each endpoint that wants it, however often it is fanned out") {
            try await $0.fanOutIsIdempotent()
        },
        ConformanceCase("webhooks: the URL of a task is told whatever the endpoints are") { try await $0.taskURLsAreTold() },
        ConformanceCase("webhooks: a replayed task makes another delivery when it ends again") { try await $0.generationsAreToldApart() },
        ConformanceCase("webhooks: of many senders one claims a delivery") { try await $0.oneSenderClaims() },
        ConformanceCase("webhooks: no more than ten of a queue are claimed at a time, by all senders together") {
            try await $0.queuesHaveAWidth()
        },
        ConformanceCase("webhooks: a settled delivery is delivered, and its log tells how") { try await $0.settledIsDelivered() },
        ConformanceCase("webhooks: 410 ends a delivery") { try await $0.goneEnds() },
        ConformanceCase("webhooks: a claim that was settled or given back counts no more") { try await $0.oldClaimsAreFenced() },
        ConformanceCase("webhooks: the log is listed newest first, by pages of every size") { try await $0.pagesAreTheSame() },
        ConformanceCase("webhooks: a delivery is replayed under its id, and not while an attempt is under way") {
            try await $0.replaysKeepTheID()
        },
        ConformanceCase("webhooks: all that failed since a time is replayed") { try await $0.failuresAreReplayed() },
        ConformanceCase("webhooks: an endpoint takes its deliveries with it") { try await $0.removalTakesDeliveries() },
        ConformanceCase("webhooks: deliveries of an organisation are removed, and those of others are not") {
            try await $0.leftDeliveriesAreRemoved()
        },
        ConformanceCase("webhooks: more failures are replayed than one command takes") { try await $0.manyFailuresAreReplayed() },
    ]

    /// Rules about hours and days, for a clock that can be controlled.
    package static let timedCases: [ConformanceCase<WebhookStoreConformance>] = [
        ConformanceCase("webhooks: attempts follow each other by the schedule, and then the delivery has failed") {
            try await $0.attemptsFollowTheSchedule()
        },
        ConformanceCase("webhooks: an endpoint that fails for an hour is told by the attempt that follows") {
            try await $0.anHourOfErrorsIsGotOver()
        },
        ConformanceCase("webhooks: an endpoint that was away for a day is told everything in the order of attempts") {
            try await $0.aDayAwayIsGotOver()
        },
        ConformanceCase("webhooks: Retry-After puts an attempt off") { try await $0.retryAfterIsHonoured() },
        ConformanceCase("webhooks: a claim whose sender has vanished is taken over, and the old one is fenced") {
            try await $0.vanishedSendersAreReplaced()
        },
        ConformanceCase("webhooks: deliveries are forgotten after 30 days") { try await $0.oldDeliveriesAreForgotten() },
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
        let now = clock?.now() ?? SystemClock().now()
        let task = TaskRecord(
            id: .make(at: now), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/cat.jpg"),
            pipeline: BuiltInPresets.all["web"] ?? Pipeline(outputs: []), webhookURL: webhookURL, fingerprint: "print",
            requestID: "request",
            createdAt: now)
        guard case .created(let created) = try await store.create(task) else {
            throw ConformanceFailure("a new task was not added", file: #fileID, line: #line)
        }
        return try requireValue(try await store.cancel(created.id, of: tenant), "not cancelled")
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
