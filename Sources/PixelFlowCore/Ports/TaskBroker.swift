/// Says that a task may be waiting. Can be lost, repeated and reordered without harm.
package struct DispatchMessage: Sendable, Hashable, Codable {
    package var task: TaskID
    package var tenant: TenantID
    package var generation: Int
    package var sequence: Int
    package var requestID: String

    package init(task: TaskID, tenant: TenantID, generation: Int, sequence: Int, requestID: String) {
        self.task = task
        self.tenant = tenant
        self.generation = generation
        self.sequence = sequence
        self.requestID = requestID
    }

    package init(_ task: TaskRecord) {
        self.init(
            task: task.id, tenant: task.tenant, generation: task.generation, sequence: task.dispatch.sequence, requestID: task.requestID)
    }

    enum CodingKeys: String, CodingKey {
        case task, tenant, generation, sequence
        case requestID = "request_id"
    }
}

/// Carries dispatch messages from the api to one worker of the group each, and dead letters to whoever looks after them.
package protocol TaskBroker: Sendable {
    /// Hands dispatch messages over; returns once the broker has taken every one of them.
    func publish(_ messages: [DispatchMessage]) async throws
    /// Records a task that has failed for good.
    func deadLetter(_ task: TaskRecord) async throws
    /// Joins the group of workers.
    func subscribe() async throws -> any DispatchSubscription
    /// Whether every dispatch message that was published before `time` and is still known to the broker has been settled.
    func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool
    /// Returns if the backend is healthy, throws if not.
    func check() async throws
}

/// A worker's place in the group.
package protocol DispatchSubscription: Sendable {
    /// The next dispatch message, or nil once the subscription is closed. To be called only with a free slot,
    /// so that what is not called for stays with the broker.
    func next() async throws -> DispatchDelivery?
    /// Leaves the group; a waiting `next()` returns nil.
    func close() async
}

/// A dispatch message, to be settled once the claim has been decided.
package struct DispatchDelivery: Sendable {
    package let message: DispatchMessage
    private let onSettle: @Sendable () async -> Void

    package init(_ message: DispatchMessage, onSettle: @escaping @Sendable () async -> Void = {}) {
        self.message = message
        self.onSettle = onSettle
    }

    /// Says that the dispatch message need not be delivered again. Until then a crash of the worker has it delivered again.
    package func settle() async { await onSettle() }
}

extension TaskBroker {
    /// A broker that cannot tell: then an acknowledged dispatch message is trusted for its full time.
    package func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool { false }
}
