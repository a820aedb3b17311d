/// Says that a task may be waiting. Can be lost, repeated and reordered without harm.
public struct WakeUp: Sendable, Hashable, Codable {
    public var task: TaskID
    public var tenant: TenantID
    public var generation: Int
    public var sequence: Int
    public var requestID: String

    public init(task: TaskID, tenant: TenantID, generation: Int, sequence: Int, requestID: String) {
        self.task = task
        self.tenant = tenant
        self.generation = generation
        self.sequence = sequence
        self.requestID = requestID
    }

    public init(_ task: TaskRecord) {
        self.init(
            task: task.id, tenant: task.tenant, generation: task.generation, sequence: task.dispatch.sequence, requestID: task.requestID)
    }

    enum CodingKeys: String, CodingKey {
        case task, tenant, generation, sequence
        case requestID = "request_id"
    }
}

/// Carries wake-ups from the api to one worker of the group each, and dead letters to whoever looks after them.
public protocol TaskBroker: Sendable {
    /// Hands wake-ups over; returns once the broker has taken every one of them.
    func publish(_ wakeUps: [WakeUp]) async throws
    /// Records a task that has failed for good.
    func deadLetter(_ task: TaskRecord) async throws
    /// Joins the group of workers.
    func subscribe() async throws -> any WakeUpSubscription
    /// Whether every wake-up that was published before `time` and is still known to the broker has been settled.
    func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool
    /// Answers when the backend is in order, throws where it is not.
    func check() async throws
}

/// A worker's place in the group.
public protocol WakeUpSubscription: Sendable {
    /// The next wake-up, or nil once the subscription is closed. To be called only with a free slot,
    /// so that what is not called for stays with the broker.
    func next() async throws -> WakeUpDelivery?
    /// Leaves the group; a waiting `next()` returns nil.
    func close() async
}

/// A wake-up, to be settled once the claim has been decided.
public struct WakeUpDelivery: Sendable {
    public let wakeUp: WakeUp
    private let onSettle: @Sendable () async -> Void

    public init(_ wakeUp: WakeUp, onSettle: @escaping @Sendable () async -> Void = {}) {
        self.wakeUp = wakeUp
        self.onSettle = onSettle
    }

    /// Says that the wake-up need not be delivered again. Until then a crash of the worker has it delivered anew.
    public func settle() async { await onSettle() }
}

extension TaskBroker {
    /// A broker that cannot tell: then an acknowledged wake-up is trusted for its full time.
    public func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool { false }
}
