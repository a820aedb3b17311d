/// The owner's role for webhooks: the endpoints of an organisation, and the log of their deliveries.
///
/// Every method sees only data of the given organisation. All methods of the ports in this file are atomic unless documented
/// otherwise, and throw `PixelFlowError` with `retry == .outage` while the backend does not respond.
package protocol WebhookOwnerStore: Sendable {
    /// The time until all processes know about a changed endpoint, after which it misses no events.
    var webhookPropagationTime: Duration { get }

    /// All endpoints, oldest first, without those that only a newer version can read.
    func webhooks(of tenant: TenantID) async throws -> ReadableEndpoints
    func webhook(_ id: WebhookID, of tenant: TenantID) async throws -> WebhookEndpoint?
    /// Adds an endpoint durably; returns false if its id exists.
    ///
    /// - Throws: `too_many_webhooks` if the organisation has `WebhookEndpoint.limit`, `default` not counted, also if several are added at
    ///   the same time.
    func add(_ endpoint: WebhookEndpoint) async throws -> Bool
    /// Replaces an endpoint durably if the revision of the stored one precedes that of the given one.
    func replace(_ endpoint: WebhookEndpoint) async throws -> Bool
    /// Removes an endpoint, then its deliveries in many small writes; returns false if there is no such endpoint. A call that fails in
    /// between can be repeated; remaining deliveries have no endpoint and are not sent.
    func removeWebhook(_ id: WebhookID, of tenant: TenantID) async throws -> Bool
    /// Removes at most `limit` endpoints of an organisation, including those that only a newer version can read, but not their
    /// deliveries.
    ///
    /// - Returns: the number of removed endpoints.
    func removeWebhooks(of tenant: TenantID, limit: Int) async throws -> Int
    /// Removes at most `limit` deliveries of an organisation, regardless of their endpoint.
    ///
    /// - Returns: the number of removed deliveries.
    func removeDeliveries(of tenant: TenantID, limit: Int) async throws -> Int

    func delivery(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery?
    /// Deliveries to an endpoint, newest first.
    func deliveries(_ query: WebhookDeliveryQuery) async throws -> [WebhookDelivery]
    /// Adds a delivery durably; does nothing if its id exists.
    func add(_ delivery: WebhookDelivery) async throws
    /// Schedules a delivery again. Returns nil if there is none.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` while an attempt is in progress.
    func replay(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery?
    /// Schedules at most `limit` failed deliveries of events since `time` again, oldest first, in many small writes.
    ///
    /// - Returns: the number of deliveries.
    func replayFailed(to queue: WebhookQueue, since time: Timestamp, limit: Int) async throws -> Int
}

/// Turns the events of tasks into deliveries.
package protocol WebhookFanOut: Sendable {
    /// Creates the deliveries for the unpublished events of these tasks. Can be repeated: a delivery's id is derived from its
    /// event and its endpoint, and an existing delivery is not changed.
    ///
    /// The deliveries are at least as durable as an acknowledgement of the events that is written afterwards.
    ///
    /// - Returns: tasks whose events must not be acknowledged, because the tenant has an endpoint that only a newer version can read, and
    ///   that version may have to create further deliveries. Events that are too old for a delivery do not wait.
    @discardableResult func fanOut(_ tasks: [TaskRecord]) async throws -> Set<TaskID>
    /// Whether an event of this task may have created a delivery. While a change of an endpoint propagates
    /// (`WebhookOwnerStore.webhookPropagationTime`), this may be false although there is one; the sender then finds it by polling.
    func mayNotify(of task: TaskRecord) async throws -> Bool
}

/// The endpoints of an organisation that this version can read.
package struct ReadableEndpoints: Sendable {
    package var endpoints: [WebhookEndpoint]
    /// The number of others.
    package var unreadable: Int

    /// Whether the organisation has no others.
    package var isComplete: Bool { unreadable == 0 }

    /// - Parameter found: nil for each that only a newer version can read.
    package init(_ found: [WebhookEndpoint?]) {
        endpoints = found.compactMap(\.self)
        unreadable = found.count - endpoints.count
    }
}

/// The sender's role: any number of senders share the deliveries.
package protocol WebhookDeliveryStore: Sendable {
    /// Queues with due deliveries; if there are more than `limit`, a random selection, so that none waits indefinitely.
    func dueWebhookQueues(limit: Int) async throws -> [WebhookQueue]
    /// Claims due deliveries of one queue, first those that are longest due or whose sender has disappeared, as long as all senders
    /// together have claimed at most `WebhookQueue.width` of the queue.
    func claimDeliveries(of queue: WebhookQueue, limit: Int) async throws -> [WebhookDelivery]
    /// Abandons pending deliveries of one queue, the oldest ones first, so that the newest `kept` remain, but not those with an attempt in
    /// progress.
    ///
    /// - Returns: the number of deliveries that this call has abandoned, at most `WebhookOwnerStore.deliveryBatch`.
    func giveUpDeliveries(of queue: WebhookQueue, keeping kept: Int) async throws -> Int
    /// Ends the attempt of a claimed delivery. Returns nil if the claim is lost.
    func settle(_ delivery: WebhookDelivery, _ outcome: WebhookOutcome) async throws -> WebhookDelivery?
    /// Returns a claim unused; does nothing if it is lost.
    func release(_ delivery: WebhookDelivery) async throws
    /// Removes at most `limit` deliveries that are older than `WebhookDelivery.retention`.
    ///
    /// - Returns: the number of removed deliveries.
    func forgetDeliveries(limit: Int) async throws -> Int
    /// The store's time.
    func webhookTime() async throws -> Timestamp
}

/// A store of webhooks with all roles.
package typealias WebhookStore = WebhookOwnerStore & WebhookFanOut & WebhookDeliveryStore

/// Selects the deliveries of a list.
package struct WebhookDeliveryQuery: Sendable, Hashable {
    package var queue: WebhookQueue
    package var state: WebhookDelivery.State?
    /// The maximum number of deliveries.
    package var limit: Int
    /// Only deliveries that follow this position in the list, which are older.
    package var position: Position?

    /// The position of a delivery: sorted by creation time, then by id.
    package struct Position: Sendable, Hashable, LosslessStringConvertible {
        package let time: Timestamp
        package let id: WebhookDeliveryID

        package init(_ delivery: WebhookDelivery) {
            time = delivery.createdAt
            id = delivery.id
        }

        package init?(_ description: String) {
            let parts = description.split(separator: "~", maxSplits: 1)
            guard parts.count == 2, let time = Int64(parts[0]) else { return nil }
            self.time = Timestamp(microseconds: time)
            id = WebhookDeliveryID(String(parts[1]))
        }

        package var description: String { "\(time.microseconds)~\(id)" }
    }

    package init(_ queue: WebhookQueue, state: WebhookDelivery.State? = nil, limit: Int = 50, before position: Position? = nil) {
        self.queue = queue
        self.state = state
        self.limit = limit
        self.position = position
    }
}

extension WebhookOwnerStore {
    /// Deliveries that are removed or scheduled again per write.
    package static var deliveryBatch: Int { 500 }
}

extension PixelFlowError {
    package static let deliveryUnderWay = PixelFlowError(
        .conflict, code: "delivery_under_way", "An attempt of this delivery is in progress.")
}
