import DequeModule
import NIOCore

/// The send queue of one event stream: a pure state machine, bounded by count and by bytes.
///
/// One sender takes events (`next`), sends them as fast as the socket allows, and reports it (`sent`). A client that falls too
/// far behind loses everything that is queued: it must list the tasks again anyway.
struct EventQueue {
    /// Why a stream ends.
    enum End: Sendable, Hashable {
        /// The client is too far behind.
        case overflow
        case tokenExpired
        case shutdown
    }

    /// What the sender must do.
    enum Step {
        case send([EncodedEvent])
        /// Send a heartbeat to the client and to proxies in between.
        case beat
        case wait
        case end(End)
    }

    /// Events that may wait.
    static let capacity = 512
    /// Bytes per batch, about what a socket accepts at once; a single event may be larger.
    static let batchBytes = 64 * 1024
    /// Ticks without anything sent after which a heartbeat is sent.
    static let ticksBetweenBeats = 15
    /// Ticks that one send may take. A client that has not read for so long would not read a reset either.
    static let ticksForSending = 120
    /// The same once the service is being stopped.
    static let ticksForLastSending = 1

    private let byteLimit: Int
    private var events: Deque<EncodedEvent> = []
    private var end: End?
    private var isSending = false
    private var isBeatDue = false
    /// Since the sender has last begun or finished something.
    private var ticks = 0
    /// Of the events that wait.
    private(set) var bytes = 0

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// Adds an event, unless the stream is ending.
    ///
    /// - Returns: false if the stream ends because of it.
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

    /// Ends the stream: after the queued events if the service is stopping, otherwise immediately. The first reason counts.
    mutating func finish(_ reason: End) {
        guard end == nil else { return }
        end = reason
        if reason != .shutdown { drop() }
    }

    /// Drops what a stream that has ended would still send.
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

    /// The sender's next step. It must call `sent` before it calls this again.
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
        return batch
    }

    /// Something is on its way to the socket.
    mutating func begin() {
        isSending = true
        isBeatDue = false
        ticks = 0
    }

    /// Why nothing more may be sent, not even what the client missed before; nil while it may.
    var cutOff: End? { end == .shutdown ? nil : end }

    /// Whether the stream has ended and has nothing more to tell.
    var isOver: Bool { end != nil && end != .overflow && events.isEmpty }

    /// The socket has taken it.
    mutating func sent() {
        isSending = false
        ticks = 0
    }

    /// A second has passed.
    ///
    /// - Returns: what the sender needs.
    mutating func tick() -> Attention {
        ticks += 1
        if isSending {
            return ticks >= (end == .shutdown ? Self.ticksForLastSending : Self.ticksForSending) ? .abort : .none
        }
        guard ticks >= Self.ticksBetweenBeats, !isBeatDue else { return .none }
        isBeatDue = true
        return .wake
    }

    /// What a sender needs.
    enum Attention: Sendable, Hashable {
        case none
        /// There is something to do.
        case wake
        /// Its send takes too long and is given up.
        case abort
    }
}
