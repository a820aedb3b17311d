import WireFormats

/// Names a delivery. The same event and the same endpoint always make the same id: it is the `webhook-id` of every attempt, by
/// which a receiver recognises what it has been told before.
package struct WebhookDeliveryID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }

    /// A task ends once in each generation.
    package init(task: TaskID, generation: Int, endpoint: WebhookID) { self.init("msg_\(task)_\(generation)_\(endpoint)") }
}

/// One event on its way to one endpoint, and the log of the attempts.
///
/// Stores change a delivery only by its own methods, each time from the revision that they have read.
package struct WebhookDelivery: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        case pending, delivered, failed
    }

    /// What it tells of.
    package enum Payload: Sendable, Hashable, Codable {
        /// The task as it was when the delivery was made.
        case task(TaskRecord)
        case quota(QuotaWarning)
        case batch(CompletedBatch)
        case test
    }

    /// How long a claim holds; well beyond the time limit of an attempt.
    package static let lease = Duration.seconds(30)
    /// For how long a sender leaves a delivery alone that only a newer version can read.
    package static let setAsideFor = Duration.seconds(600)
    /// Attempts that are kept; the oldest go first.
    package static let logLimit = 24
    /// Attempts whose answers are kept: the latest.
    package static let answersKept = 3
    /// How long a delivery and its log are kept.
    package static let retention = Duration.seconds(30 * 86_400)

    package let id: WebhookDeliveryID
    package let tenant: TenantID
    package let endpoint: WebhookID
    /// The `webhook_url` of the task; nil for that of the endpoint.
    package let url: String?
    package let event: WebhookEvent
    /// When the event happened.
    package let eventAt: Timestamp
    package let payload: Payload
    package let createdAt: Timestamp
    package private(set) var state: State
    /// Counts claims and fences off every earlier one.
    package private(set) var epoch: Int
    /// Attempts since the delivery was made or replayed.
    package private(set) var attempts: Int
    /// Until when the present claim holds; nil if there is none.
    package private(set) var leaseUntil: Timestamp?
    /// Of a pending delivery: when it is tried next.
    package private(set) var nextAttemptAt: Timestamp
    /// Oldest first.
    package private(set) var log: [WebhookAttempt]
    /// Grows with every change.
    package private(set) var revision: Int

    package init(
        id: WebhookDeliveryID, tenant: TenantID, endpoint: WebhookID, url: String? = nil, event: WebhookEvent, eventAt: Timestamp,
        payload: Payload, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.endpoint = endpoint
        self.url = url
        self.event = event
        self.eventAt = eventAt
        self.payload = payload
        self.createdAt = createdAt
        state = .pending
        epoch = 0
        attempts = 0
        leaseUntil = nil
        nextAttemptAt = createdAt
        log = []
        revision = 1
    }

    package var queue: WebhookQueue { WebhookQueue(tenant: tenant, endpoint: endpoint) }

    /// When somebody should look after it; nil once it is settled.
    package var due: Timestamp? { state == .pending ? leaseUntil ?? nextAttemptAt : nil }
}

extension WebhookDelivery {
    /// What the unpublished events of a task are to tell, and whom.
    package static func deliveries(for task: TaskRecord, endpoints: [WebhookEndpoint], at now: Timestamp) -> [WebhookDelivery] {
        task.outbox.flatMap { entry -> [WebhookDelivery] in
            guard let event = WebhookEvent(entry.status) else { return [] }
            func delivery(to endpoint: WebhookID, url: String? = nil) -> WebhookDelivery {
                var told = task
                told.outbox = []
                return WebhookDelivery(
                    id: WebhookDeliveryID(task: task.id, generation: entry.generation ?? task.generation, endpoint: endpoint),
                    tenant: task.tenant, endpoint: endpoint, url: url, event: event, eventAt: entry.at, payload: .task(told), createdAt: now
                )
            }
            let subscribed = endpoints.filter { $0.tenant == task.tenant && $0.isEnabled && $0.events.contains(event) }
            return subscribed.map { delivery(to: $0.id) } + (task.webhookURL.map { [delivery(to: .organisation, url: $0)] } ?? [])
        }
    }
}

// MARK: - Transitions

extension WebhookDelivery {
    /// Takes a delivery that is due.
    ///
    /// - Returns: false if it is not to be had.
    package mutating func claim(at now: Timestamp) -> Bool {
        guard let due, due <= now else { return false }
        epoch += 1
        leaseUntil = now + Self.lease
        revision += 1
        return true
    }

    /// Ends an attempt: the delivery is delivered, waits for its next attempt or has failed.
    ///
    /// - Parameters:
    ///   - epoch: of the claim under which the attempt was made.
    ///   - jitter: 0 to 1, spreads the next attempt.
    /// - Returns: false if the claim is lost; nothing has changed.
    package mutating func settle(_ outcome: WebhookOutcome, epoch: Int, at now: Timestamp, jitter: Double) -> Bool {
        guard state == .pending, self.epoch == epoch, leaseUntil != nil else { return false }
        leaseUntil = nil
        attempts += 1
        revision += 1
        var next: Timestamp?
        if outcome.isDelivered {
            state = .delivered
        } else if let delay = outcome.isFinal ? nil : WebhookSchedule.delay(after: attempts, jitter: jitter, retryAfter: outcome.retryAfter)
        {
            nextAttemptAt = now + delay
            next = nextAttemptAt
        } else {
            state = .failed
        }
        log.append(WebhookAttempt(at: now - outcome.duration, outcome, nextAttemptAt: next))
        if log.count > Self.logLimit { log.removeFirst(log.count - Self.logLimit) }
        for index in log.indices.dropLast(Self.answersKept) { log[index].dropAnswer() }
        return true
    }

    /// Gives a claim back unused.
    package mutating func release(epoch: Int) -> Bool {
        guard state == .pending, self.epoch == epoch, leaseUntil != nil else { return false }
        leaseUntil = nil
        revision += 1
        return true
    }

    /// Has the delivery made again, at once and with all attempts, under the same id.
    ///
    /// - Returns: false while an attempt is under way.
    package mutating func replay(at now: Timestamp) -> Bool {
        if state == .pending, let leaseUntil, leaseUntil > now { return false }
        state = .pending
        leaseUntil = nil
        attempts = 0
        nextAttemptAt = now
        revision += 1
        return true
    }
}

/// How an attempt has ended.
package struct WebhookOutcome: Sendable, Hashable {
    /// Bytes of an answer that are kept.
    package static let answerLimit = 4096

    /// Nil if there was no answer.
    package var status: Int?
    /// A stable code where there was no answer; nil otherwise.
    package var error: String?
    /// The beginning of the answer's body, at most `answerLimit` bytes, with `?` for control characters other than tabs and the ends of
    /// lines: as JSON, each of those would take six bytes.
    package let answer: String
    package var retryAfter: Duration?
    /// The `webhook-timestamp` of what was sent, in seconds since 1970; nil if nothing was.
    package var timestamp: Int64?
    package var duration: Duration
    /// Whether no other attempt is to follow.
    package var isFinal: Bool

    package init(
        status: Int? = nil, error: String? = nil, answer: String = "", retryAfter: Duration? = nil, timestamp: Int64? = nil,
        duration: Duration = .zero, isFinal: Bool = false
    ) {
        self.status = status
        self.error = error
        self.answer = Self.kept(answer)
        self.retryAfter = retryAfter
        self.timestamp = timestamp
        self.duration = duration
        self.isFinal = isFinal || status == 410
    }

    private static func kept(_ answer: String) -> String {
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in answer.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && !["\t", "\n", "\r"].contains(scalar)
            let shown: Unicode.Scalar = isControl ? "?" : scalar
            bytes += UTF8.width(shown)
            guard bytes <= answerLimit else { break }
            kept.append(shown)
        }
        return String(kept)
    }

    package var isDelivered: Bool { status.map { (200..<300).contains($0) } ?? false }
    package var isGone: Bool { status == 410 }
}

/// An attempt in the log of a delivery.
package struct WebhookAttempt: Sendable, Hashable, Codable {
    package let at: Timestamp
    package let milliseconds: Int
    package let status: Int?
    package let error: String?
    /// As that of `WebhookOutcome`; nil for an attempt of an earlier release, too.
    package let timestamp: Int64?
    /// Empty once `WebhookDelivery.answersKept` attempts have followed.
    package private(set) var answer: String
    /// When the next attempt was to follow; nil if none was.
    package let nextAttemptAt: Timestamp?

    package init(at: Timestamp, _ outcome: WebhookOutcome, nextAttemptAt: Timestamp?) {
        self.at = at
        milliseconds = Int(outcome.duration.microseconds / 1000)
        status = outcome.status
        error = outcome.error
        timestamp = outcome.timestamp
        answer = outcome.answer
        self.nextAttemptAt = nextAttemptAt
    }

    fileprivate mutating func dropAnswer() { answer = "" }
}

/// When attempts follow each other.
package enum WebhookSchedule {
    /// Before each attempt: 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    package static let delays: [Duration] = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) }
    /// A longer wait that an endpoint asks for is cut to this.
    package static let retryAfterLimit = Duration.seconds(86_400)
    /// A delay grows by up to this part of itself.
    package static let spread = 0.1
    /// The longest time between two attempts, unless the service stands still.
    package static let longestDelay = max(delays.max() ?? .zero, retryAfterLimit) * (1 + spread)

    /// How long to wait after so many attempts; nil if they were the last.
    package static func delay(after attempts: Int, jitter: Double, retryAfter: Duration? = nil) -> Duration? {
        guard attempts < delays.count else { return nil }
        let spreadDelay = delays[attempts] * (1 + spread * min(max(jitter, 0), 1))
        return max(spreadDelay, min(retryAfter ?? .zero, retryAfterLimit))
    }
}
