import PixelFlowCore
import Synchronization

/// The events of one client, from `EventHub.open` until the stream is released.
///
/// The hub adds events and an `EventPump` sends them. The `EventQueue` in between limits the memory of a client that does not read to the
/// queue's capacity plus what its socket has accepted.
final class EventStream: Sendable {
    /// Stops sending missed changes after the stream has ended.
    private struct CutOffError: Error {}

    private struct State {
        var queue: EventQueue
        /// Set while there is a sender.
        var wake: (@Sendable () -> Void)?
        var abort: (@Sendable () -> Void)?
        /// Whether the sender has been woken and has not checked the queue yet.
        var isAwake = false
    }

    let tenant: TenantID
    let user: UserID
    let filter: EventFilter
    private let expiresAt: Timestamp
    private let isRevoked: @Sendable () -> Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - expiresAt: the expiry of the token that opened the stream.
    ///   - filter: selects the tasks.
    ///   - isRevoked: whether the token has been revoked in the meantime.
    ///   - byteLimit: the maximum number of bytes of waiting events.
    init(
        of principal: Principal, until expiresAt: Timestamp, filter: EventFilter = .all,
        isRevoked: @escaping @Sendable () -> Bool = { false }, byteLimit: Int
    ) {
        tenant = principal.tenant
        user = principal.user
        self.filter = filter
        self.expiresAt = expiresAt
        self.isRevoked = isRevoked
        state = Mutex(State(queue: EventQueue(byteLimit: byteLimit)))
    }

    // MARK: Used by the hub

    /// - Returns: false if the client is too far behind and the stream ends.
    func push(_ event: EncodedEvent) -> Bool {
        let isAccepted = state.withLock { $0.queue.append(event) }
        wake()
        return isAccepted
    }

    func finish(_ reason: EventQueue.End) {
        state.withLock { $0.queue.finish(reason) }
        wake()
    }

    private func wake() {
        let wake = state.withLock { state in
            defer { state.isAwake = true }
            return state.isAwake ? nil : state.wake
        }
        wake?()
    }

    /// The bytes of its events in memory, and of those, the bytes that the socket has not accepted yet; and whether the stream has ended.
    var held: (all: Int, inFlight: Int, isEnding: Bool) {
        state.withLock { ($0.queue.bytes + $0.queue.bytesInFlight, $0.queue.bytesInFlight, $0.queue.hasEnded) }
    }

    /// Ends the stream to free memory: with a reset if its client reads, and otherwise by closing the connection.
    func drop() {
        let abort = state.withLock { state in
            let isStalled = state.queue.isStalled
            state.queue.finish(.overflow)
            return isStalled ? state.abort : nil
        }
        if let abort { abort() } else { wake() }
    }

    /// Called every second.
    func tick(at now: Timestamp) {
        if now >= expiresAt || isRevoked() { finish(.tokenExpired) }
        switch state.withLock({ $0.queue.tick() }) {
        case .none: break
        case .wake: wake()
        case .abort: state.withLock(\.abort)?()
        }
    }

    // MARK: Used by the sender

    /// - Parameters:
    ///   - wake: called when there is something to send.
    ///   - abort: called when the client does not read; must close its connection.
    func attach(wake: @escaping @Sendable () -> Void = {}, abort: @escaping @Sendable () -> Void) {
        state.withLock { ($0.wake, $0.abort) = (wake, abort) }
    }

    /// Releases the attached closures.
    func detach() { state.withLock { ($0.wake, $0.abort) = (nil, nil) } }

    /// Returns the sender's next step. The sender must call `sent` before the next call.
    func next() -> EventQueue.Step {
        state.withLock { state in
            state.isAwake = false
            return state.queue.next()
        }
    }

    /// Call when the socket has accepted what was sent last.
    func sent() { state.withLock { $0.queue.sent() } }

    /// Whether the stream has ended and has nothing left to send.
    var isOver: Bool { state.withLock(\.queue.isOver) }

    /// Sends missed changes before any new events.
    func sendPast(to sink: any EventSink, _ past: (inout Sender) async throws -> Void) async throws {
        var sender = Sender(stream: self, sink: sink)
        do {
            try await past(&sender)
        } catch is CutOffError {
            // The queue knows the reason.
        }
    }

    /// Writes to the client under the timeouts of the stream.
    struct Sender {
        fileprivate let stream: EventStream
        fileprivate var sink: any EventSink

        /// Returns when there is room for more.
        ///
        /// - Throws: `CutOffError` if the stream has ended, except for a shutdown.
        mutating func write(_ messages: [EventMessage]) async throws {
            try stream.state.withLock { state in
                guard state.queue.cutOff == nil else { throw CutOffError() }
                state.queue.begin()
            }
            try await sink.write(messages)
            stream.sent()
        }

        /// Continues after changes that are not for this client. Without a write, nothing else shows whether the stream and the client
        /// still exist.
        ///
        /// - Throws: `CutOffError` if the stream has ended, including for a shutdown, because waiting events must not be sent before the
        ///   remaining missed changes.
        mutating func passOver() async throws {
            guard stream.state.withLock({ !$0.queue.abandonIfEnded() }) else { throw CutOffError() }
            try await write([.heartbeat])
        }
    }
}
