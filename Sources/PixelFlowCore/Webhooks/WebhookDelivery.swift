import WireFormats

/// Identifies a delivery. Deterministic for an event and an endpoint: it is the `webhook-id` of every attempt, by
/// which receivers detect repetitions.
package struct WebhookDeliveryID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }

    /// Unique, because a task finishes once in each generation.
    package init(task: TaskID, generation: Int, endpoint: WebhookID) { self.init("msg_\(task)_\(generation)_\(endpoint)") }
}

/// The delivery of one event to one endpoint, with the log of its attempts.
///
/// Stores change a delivery only with its own methods, based on the revision that they have read.
package struct WebhookDelivery: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        case pending, delivered, failed
    }

    /// The content of the event.
    package enum Payload: Sendable, Hashable, Codable {
        /// The task in the state that the event reports.
        case task(TaskRecord)
        case quota(QuotaWarning)
        case batch(CompletedBatch)
        case test
    }

    /// How long a claim is valid; well beyond the time limit of an attempt.
    package static let lease = Duration.seconds(30)
    /// How long a sender skips a delivery that only a newer version can decode.
    package static let setAsideFor = Duration.seconds(600)
    /// The maximum number of attempts in the log; the oldest are dropped first.
    package static let logLimit = 24
    /// The number of most recent attempts whose responses are kept.
    package static let responsesKept = 3
    /// How long a delivery and its log are kept.
    package static let retention = Duration.seconds(30 * 86_400)

    package let id: WebhookDeliveryID
    package let tenant: TenantID
    package let endpoint: WebhookID
    /// The `webhook_url` of the task; nil to use the URL of the endpoint.
    package let url: String?
    package let event: WebhookEvent
    /// When the event happened.
    package let eventAt: Timestamp
    package let payload: Payload
    package let createdAt: Timestamp
    package private(set) var state: State
    /// Incremented by every claim, which fences off all earlier ones.
    package private(set) var epoch: Int
    /// Attempts since the delivery was created or replayed.
    package private(set) var attempts: Int
    /// When the current claim expires; nil if there is none.
    package private(set) var leaseUntil: Timestamp?
    /// The time of the next attempt, if the delivery is pending.
    package private(set) var nextAttemptAt: Timestamp
    /// Oldest first.
    package private(set) var log: [WebhookAttempt]
    /// Incremented with every change.
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

    /// When a sender should handle it next; nil once it is settled.
    package var due: Timestamp? { state == .pending ? leaseUntil ?? nextAttemptAt : nil }
}

extension WebhookDelivery {
    /// Whether an event is so old that its delivery would have been removed by now.
    package static func isTooLate(for event: Timestamp, at now: Timestamp) -> Bool { now - event > retention }

    /// The tasks with events that a newer version may still have to deliver.
    ///
    /// - Parameter endpoints: those of each tenant that are known.
    package static func waiting(
        _ tasks: [TaskRecord], endpoints: [TenantID: ReadableEndpoints], at now: Timestamp
    ) -> Set<TaskID> {
        let waiting = tasks.lazy.filter { task in
            endpoints[task.tenant]?.isComplete == false && task.outbox.contains { !isTooLate(for: $0.at, at: now) }
        }
        return Set(waiting.map(\.id))
    }

    /// The deliveries for the unpublished events of a task that are not too old.
    package static func deliveries(for task: TaskRecord, endpoints: [WebhookEndpoint], at now: Timestamp) -> [WebhookDelivery] {
        zip(task.outbox, task.reportedStates).flatMap { entry, state -> [WebhookDelivery] in
            guard let event = WebhookEvent(entry.status), !isTooLate(for: entry.at, at: now) else { return [] }
            var state = state
            state.outbox = []
            func delivery(to endpoint: WebhookID, url: String? = nil) -> WebhookDelivery {
                WebhookDelivery(
                    id: WebhookDeliveryID(task: task.id, generation: state.generation, endpoint: endpoint), tenant: task.tenant,
                    endpoint: endpoint, url: url, event: event, eventAt: entry.at, payload: .task(state), createdAt: now)
            }
            let subscribed = endpoints.filter { $0.tenant == task.tenant && $0.isEnabled && $0.events.contains(event) }
            return subscribed.map { delivery(to: $0.id) } + (task.webhookURL.map { [delivery(to: .organisation, url: $0)] } ?? [])
        }
    }
}

// MARK: - Transitions

extension WebhookDelivery {
    /// Claims a due delivery.
    ///
    /// - Returns: false if it cannot be claimed.
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
    ///   - epoch: the epoch of the claim.
    ///   - jitter: 0 to 1; spreads the next attempt.
    /// - Returns: false if the claim is lost; nothing is changed in that case.
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
        add(WebhookAttempt(at: now - outcome.duration, outcome, nextAttemptAt: next))
        return true
    }

    /// Returns a claim unused.
    package mutating func release(epoch: Int) -> Bool {
        guard state == .pending, self.epoch == epoch, leaseUntil != nil else { return false }
        leaseUntil = nil
        revision += 1
        return true
    }

    /// Abandons a delivery without an attempt, because its endpoint has too many pending ones. It can be replayed like a failed one.
    ///
    /// - Returns: false if it is not pending, or an attempt is in progress.
    package mutating func giveUp(at now: Timestamp) -> Bool {
        guard state == .pending, leaseUntil.map({ $0 <= now }) ?? true else { return false }
        leaseUntil = nil
        state = .failed
        revision += 1
        add(WebhookAttempt(at: now, WebhookOutcome(error: Self.givenUp, isFinal: true), nextAttemptAt: nil))
        return true
    }

    /// The error in the log of an abandoned delivery.
    package static let givenUp = "too_many_pending"

    private mutating func add(_ attempt: WebhookAttempt) {
        log.append(attempt)
        if log.count > Self.logLimit { log.removeFirst(log.count - Self.logLimit) }
        for index in log.indices.dropLast(Self.responsesKept) { log[index].dropResponse() }
    }

    /// A delivery before and after a change, which a store writes only over the former; nil if the change is refused.
    package typealias Change = (old: WebhookDelivery, new: WebhookDelivery)

    package func changed(by change: (inout WebhookDelivery) -> Bool) -> Change? {
        var new = self
        return change(&new) ? (self, new) : nil
    }

    /// The end of the attempt of this claim; nil if the claim is lost.
    package func settled(_ outcome: WebhookOutcome, at now: Timestamp) -> Change? {
        changed { $0.settle(outcome, epoch: epoch, at: now, jitter: .random(in: 0...1)) }
    }

    /// This claim, returned unused; nil if it is lost.
    package var released: Change? { changed { $0.release(epoch: epoch) } }

    /// Schedules the delivery again, immediately, with all attempts and with the same id.
    ///
    /// - Returns: false while an attempt is in progress.
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

/// The outcome of an attempt.
package struct WebhookOutcome: Sendable, Hashable {
    /// The maximum number of bytes of a response that are kept.
    package static let responseLimit = 4096

    /// Nil if there was no response.
    package var status: Int?
    /// A stable code if there was no response; otherwise nil.
    package var error: String?
    /// The beginning of the response body, at most `responseLimit` bytes. Control characters other than tabs and line breaks are replaced
    /// with `?`, because each would take six bytes in JSON.
    package let response: String
    package var retryAfter: Duration?
    /// The `webhook-timestamp` of the request in seconds since 1970; nil if none was sent.
    package var timestamp: Int64?
    package var duration: Duration
    /// Whether there must be no further attempt.
    package var isFinal: Bool

    package init(
        status: Int? = nil, error: String? = nil, response: String = "", retryAfter: Duration? = nil, timestamp: Int64? = nil,
        duration: Duration = .zero, isFinal: Bool = false
    ) {
        self.status = status
        self.error = error
        self.response = Self.kept(response)
        self.retryAfter = retryAfter
        self.timestamp = timestamp
        self.duration = duration
        self.isFinal = isFinal || status == 410
    }

    private static func kept(_ response: String) -> String {
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in response.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && !["\t", "\n", "\r"].contains(scalar)
            let shown: Unicode.Scalar = isControl ? "?" : scalar
            bytes += UTF8.width(shown)
            guard bytes <= responseLimit else { break }
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
    /// Like that of `WebhookOutcome`; nil also for an attempt by an earlier release.
    package let timestamp: Int64?
    /// Empty once `WebhookDelivery.responsesKept` attempts have followed.
    package private(set) var response: String
    /// The scheduled time of the next attempt; nil if there was none.
    package let nextAttemptAt: Timestamp?

    package init(at: Timestamp, _ outcome: WebhookOutcome, nextAttemptAt: Timestamp?) {
        self.at = at
        milliseconds = Int(outcome.duration.microseconds / 1000)
        status = outcome.status
        error = outcome.error
        timestamp = outcome.timestamp
        response = outcome.response
        self.nextAttemptAt = nextAttemptAt
    }

    fileprivate mutating func dropResponse() { response = "" }

    private enum CodingKeys: String, CodingKey {
        case at, milliseconds, status, error, timestamp
        case response = "answer"
        case nextAttemptAt
    }
}

/// The schedule of attempts. A table instead of a `RetryPolicy`, because the delays do not grow by one factor.
package enum WebhookSchedule {
    /// The delays before the attempts: 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    package static let delays: [Duration] = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) }
    /// The longest accepted `Retry-After` of an endpoint; longer values are clamped.
    package static let retryAfterLimit = Duration.seconds(86_400)
    /// The maximum relative random extension of a delay.
    package static let spread = 0.1
    /// The longest time between two attempts while the service runs.
    package static let longestDelay = max(delays.max() ?? .zero, retryAfterLimit) * (1 + spread)

    /// The delay after this number of attempts; nil if no attempts are left.
    package static func delay(after attempts: Int, jitter: Double, retryAfter: Duration? = nil) -> Duration? {
        guard attempts < delays.count else { return nil }
        let spreadDelay = Jitter.extended(by: spread).applied(to: delays[attempts], random: jitter)
        return max(spreadDelay, min(retryAfter ?? .zero, retryAfterLimit))
    }
}
