/// Tells workers that a task may be waiting. Can be lost, repeated and reordered without harm.
package struct DispatchMessage: Sendable, Hashable, Codable {
    package var task: TaskID
    package var tenant: TenantID
    package var generation: Int
    package var sequence: Int
    package var requestID: String
    package var lane: Lane
    /// The span that published it; nil if the request that created the task is not traced.
    package var trace: TraceHeaders?

    package init(
        task: TaskID, tenant: TenantID, generation: Int, sequence: Int, requestID: String, lane: Lane = .normal, trace: TraceHeaders? = nil
    ) {
        self.task = task
        self.tenant = tenant
        self.generation = generation
        self.sequence = sequence
        self.requestID = requestID
        self.lane = lane
        self.trace = trace
    }

    package init(_ task: TaskRecord) {
        self.init(
            task: task.id, tenant: task.tenant, generation: task.generation, sequence: task.dispatch.sequence, requestID: task.requestID,
            lane: task.lane, trace: task.trace)
    }

    enum CodingKeys: String, CodingKey {
        case task, tenant, generation, sequence, lane, trace
        case requestID = "request_id"
    }
}

/// Delivers each dispatch message from api to one worker of the group, and dead letters to their consumers.
///
/// Each lane is a separate queue. While several have messages, a subscription returns them in proportion to the weights of the
/// lanes (`WeightedTurns`); it never waits for one lane while another has a message.
package protocol TaskBroker: Sendable {
    /// Publishes dispatch messages. Returns when the broker has accepted all of them.
    func publish(_ messages: [DispatchMessage]) async throws
    /// Records a task that has finally failed.
    func deadLetter(_ task: TaskRecord) async throws
    /// Joins the group of workers.
    func subscribe() async throws -> any DispatchSubscription
    /// Whether all dispatch messages that were published before `time` and still exist at the broker have been settled.
    func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool
    /// Returns if the backend is healthy, otherwise throws.
    func check() async throws
}

/// A worker's membership in the group.
package protocol DispatchSubscription: Sendable {
    /// The next dispatch message, or nil once the subscription is closed. Must be called only with a free slot,
    /// so that other messages stay at the broker.
    func next() async throws -> DispatchDelivery?
    /// Leaves the group; a waiting `next()` returns nil.
    func close() async
}

/// A dispatch message, which must be settled once the claim has been decided.
package struct DispatchDelivery: Sendable {
    package let message: DispatchMessage
    private let onSettle: @Sendable () async -> Void

    package init(_ message: DispatchMessage, onSettle: @escaping @Sendable () async -> Void = {}) {
        self.message = message
        self.onSettle = onSettle
    }

    /// Settles the dispatch message. Unless this is called, the message is delivered again after a crash of the worker.
    package func settle() async { await onSettle() }
}

extension TaskBroker {
    /// The default, for brokers that cannot determine this: an acknowledged dispatch message counts as lost only after its full interval.
    package func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool { false }
}
