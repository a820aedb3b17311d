import DequeModule
import NIOCore

/// The send queue of one event stream: a pure state machine, bounded by count and by bytes.
///
/// One sender takes events (`next`), sends them as fast as the socket allows, and reports it (`sent`). A client that falls too
/// far behind loses everything that is queued: it must list the tasks again anyway.
struct EventQueue {
    /// The reason why a stream ends.
    enum End: Sendable, Hashable {
        /// The client is too far behind.
        case overflow
        /// The service may have missed changes.
        case missedChanges
        case tokenExpired
        case shutdown

        /// Whether the client lacks changes that resuming the stream would not bring, and must list the tasks again.
        var needsReset: Bool { self == .overflow || self == .missedChanges }
    }

    /// The sender's next step.
    enum Step {
        case send([EncodedEvent])
        /// Send a heartbeat to the client and to proxies in between.
        case beat
        case wait
        case end(End)
    }

    /// The maximum number of waiting events.
    static let capacity = 512
    /// The number of bytes per batch, about what a socket accepts at once; a single event may be larger.
    static let batchBytes = 64 * 1024
    /// The number of idle ticks before a heartbeat.
    static let ticksBetweenBeats = 15
    /// The maximum number of ticks of one send. A client that has not read for this long would not read a reset either.
    static let ticksForSending = 120
    /// The maximum number of ticks of one send before a reset.
    static let ticksBeforeReset = 10
    /// The maximum number of ticks of one send while the service is stopping.
    static let ticksForLastSending = 1

    private let byteLimit: Int
    private var events: Deque<EncodedEvent> = []
    private var end: End?
    private var isSending = false
    private var isBeatDue = false
    /// The number of ticks since the sender last started or finished something.
    private var ticks = 0
    /// The bytes of the waiting events.
    private(set) var bytes = 0
    /// The bytes of the events that the socket has not accepted yet.
    private(set) var bytesInFlight = 0

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// Adds an event, unless the stream is ending.
    ///
    /// - Returns: false if the event makes the stream end.
    mutating func append(_ event: EncodedEvent) -> Bool {
        guard end == nil else { return true }
        let size = event.size
        guard events.isEmpty || events.count < Self.capacity && bytes + size <= byteLimit else {
            finish(.overflow)
            return false
        }
        events.append(event)
        bytes += size
        return true
    }

    /// Ends the stream: after the queued events if the service is stopping, otherwise immediately. Only the first reason counts.
    mutating func finish(_ reason: End) {
        guard end == nil else { return }
        end = reason
        if reason != .shutdown { drop() }
    }

    /// Drops the remaining events if the stream has ended.
    ///
    /// - Returns: whether it has ended.
    mutating func abandonIfEnded() -> Bool {
        guard end != nil else { return false }
        drop()
        return true
    }

    private mutating func drop() {
        events = []
        bytes = 0
    }

    /// Returns the sender's next step. The sender must call `sent` before the next call.
    mutating func next() -> Step {
        guard events.isEmpty else {
            begin()
            return .send(takeBatch())
        }
        if let end {
            begin()
            return .end(end)
        }
        guard isBeatDue else { return .wait }
        begin()
        return .beat
    }

    private mutating func takeBatch() -> [EncodedEvent] {
        var batch: [EncodedEvent] = []
        var size = 0
        while let event = events.first, batch.isEmpty || size + event.size <= Self.batchBytes {
            size += event.size
            batch.append(event)
            events.removeFirst()
        }
        bytes -= size
        bytesInFlight = size
        return batch
    }

    /// Call when the sender passes data to the socket.
    mutating func begin() {
        isSending = true
        isBeatDue = false
        ticks = 0
    }

    /// Whether the client has not read for a second.
    var isStalled: Bool { isSending && ticks > 0 }
    var hasEnded: Bool { end != nil }

    /// The reason why nothing more may be sent, including missed changes; nil if sending is allowed.
    var cutOff: End? { end == .shutdown ? nil : end }

    /// Whether the stream has ended and has nothing left to send.
    var isOver: Bool { end?.needsReset == false && events.isEmpty }

    /// Call when the socket has accepted the data.
    mutating func sent() {
        isSending = false
        bytesInFlight = 0
        ticks = 0
    }

    /// Call every second.
    ///
    /// - Returns: what the sender must do, if anything.
    mutating func tick() -> Attention {
        ticks += 1
        if isSending {
            let limit =
                switch end {
                case .shutdown: Self.ticksForLastSending
                case .overflow, .missedChanges: Self.ticksBeforeReset
                case .tokenExpired, nil: Self.ticksForSending
                }
            return ticks >= limit ? .abort : .none
        }
        guard ticks >= Self.ticksBetweenBeats, !isBeatDue else { return .none }
        isBeatDue = true
        return .wake
    }

    /// A signal to the sender.
    enum Attention: Sendable, Hashable {
        case none
        /// There is something to do.
        case wake
        /// The current send takes too long and must be aborted.
        case abort
    }
}
