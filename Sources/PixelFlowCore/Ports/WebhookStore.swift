/// The owner's side of the webhooks: the endpoints of an organisation, and the log of their deliveries.
///
/// Every method sees what belongs to the given organisation alone. All methods of the ports in this file are atomic unless they say
/// otherwise, and throw `PixelFlowError` with `retry == .outage` while the backend does not answer.
package protocol WebhookOwnerStore: Sendable {
    /// How long it can take until every process knows of a changed endpoint. From then on no event misses it.
    var webhookSettlingTime: Duration { get }

    /// All endpoints, the oldest first.
    func webhooks(of tenant: TenantID) async throws -> [WebhookEndpoint]
    func webhook(_ id: WebhookID, of tenant: TenantID) async throws -> WebhookEndpoint?
    /// Adds an endpoint, durably; false if there is one of this id.
    func add(_ endpoint: WebhookEndpoint) async throws -> Bool
    /// Replaces an endpoint, durably, if the stored one has the revision before the given one's.
    func replace(_ endpoint: WebhookEndpoint) async throws -> Bool
    /// Removes an endpoint, and then its deliveries in many small writes; false if there is no such endpoint. A call that fails in
    /// between can be repeated; deliveries that are left have no endpoint, and are not sent.
    func removeWebhook(_ id: WebhookID, of tenant: TenantID) async throws -> Bool
    /// Removes deliveries of an organisation, whatever their endpoint, at most `limit`.
    ///
    /// - Returns: how many.
    func removeDeliveries(of tenant: TenantID, limit: Int) async throws -> Int

    func delivery(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery?
    /// Deliveries to an endpoint, newest first.
    func deliveries(_ query: WebhookDeliveryQuery) async throws -> [WebhookDelivery]
    /// Adds a delivery, durably; does nothing if there is one of this id.
    func add(_ delivery: WebhookDelivery) async throws
    /// Has a delivery made again. Returns nil if there is none.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` while an attempt is under way.
    func replay(_ id: WebhookDeliveryID, to queue: WebhookQueue) async throws -> WebhookDelivery?
    /// Has failed deliveries of events since `time` made again, the oldest first and at most `limit`, in many small writes.
    ///
    /// - Returns: how many.
    func replayFailed(to queue: WebhookQueue, since time: Timestamp, limit: Int) async throws -> Int
}

/// Turns the events of tasks into deliveries.
package protocol WebhookFanOut: Sendable {
    /// Makes the deliveries that the unpublished events of these tasks call for. May be repeated: a delivery's id follows from its
    /// event and its endpoint, and one that is there stays as it is.
    ///
    /// Deliveries survive whatever an acknowledgement of the events that is written afterwards survives.
    ///
    /// - Returns: tenants with an endpoint that only a newer version can read. Their events must not be acknowledged, since they may call for
    ///   more deliveries: that version makes them.
    @discardableResult func fanOut(_ tasks: [TaskRecord]) async throws -> Set<TenantID>
    /// Whether an event of this task may have made a delivery. While an endpoint settles (`WebhookOwnerStore.webhookSettlingTime`) the
    /// answer may be false although it has: the sender then finds the delivery by its poll.
    func mayTell(of task: TaskRecord) async throws -> Bool
}

/// The endpoints of an organisation that this version can read.
package struct ReadableEndpoints: Sendable {
    package var endpoints: [WebhookEndpoint]
    /// Whether these are all that there are.
    package var isComplete: Bool

    /// - Parameter found: nil for each that only a newer version can read.
    package init(_ found: [WebhookEndpoint?]) {
        endpoints = found.compactMap(\.self)
        isComplete = endpoints.count == found.count
    }
}

/// The sender's side: any number of senders share the deliveries.
package protocol WebhookDeliveryStore: Sendable {
    /// Queues with deliveries that are due: if there are more than `limit`, a random choice of them, so that none waits for ever.
    func dueWebhookQueues(limit: Int) async throws -> [WebhookQueue]
    /// Takes deliveries of one queue that are due, those longest due or whose sender has vanished first, as long as no more than
    /// `WebhookQueue.width` of the queue are taken at a time by all senders together.
    func claimDeliveries(of queue: WebhookQueue, limit: Int) async throws -> [WebhookDelivery]
    /// Ends the attempt of a claimed delivery. Returns nil if the claim is lost.
    func settle(_ delivery: WebhookDelivery, _ outcome: WebhookOutcome) async throws -> WebhookDelivery?
    /// Gives a claim back unused; does nothing if it is lost.
    func release(_ delivery: WebhookDelivery) async throws
    /// Removes deliveries that are older than `WebhookDelivery.retention`, at most `limit`.
    ///
    /// - Returns: how many.
    func forgetDeliveries(limit: Int) async throws -> Int
    /// The store's time.
    func webhookTime() async throws -> Timestamp
}

/// A store of webhooks in all its roles.
package typealias WebhookStore = WebhookOwnerStore & WebhookFanOut & WebhookDeliveryStore

/// Which deliveries to list.
package struct WebhookDeliveryQuery: Sendable, Hashable {
    package var queue: WebhookQueue
    package var state: WebhookDelivery.State?
    /// At most this many.
    package var limit: Int
    /// Only deliveries before this one in the list.
    package var position: Position?

    /// Where a delivery stands: by the time at which it was made, and by its id where times are the same.
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
    /// Deliveries that are removed or made again in one write.
    package static var deliveryBatch: Int { 500 }
}

extension PixelFlowError {
    package static let deliveryUnderWay = PixelFlowError(
        .conflict, code: "delivery_under_way", "An attempt of this delivery is in progress.")
}
