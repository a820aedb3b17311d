import PixelFlowCore
import Synchronization

/// The events of one client, from `EventHub.open` until it is let go of.
///
/// The hub puts events in, an `EventPump` sends them; between the two is an `EventQueue`, so that a client that does not read costs
/// what the queue may hold and what its socket has taken.
final class EventStream: Sendable {
    /// The past of a stream that has ended is not sent any further.
    private struct CutOffError: Error {}

    private struct State {
        var queue: EventQueue
        /// Of the sender, while there is one.
        var wake: (@Sendable () -> Void)?
        var abort: (@Sendable () -> Void)?
        /// Whether the sender has been woken and has not looked yet.
        var isAwake = false
    }

    let tenant: TenantID
    let user: UserID
    let filter: EventFilter
    private let expiresAt: Timestamp
    private let isRevoked: @Sendable () -> Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - expiresAt: when the token ends that the stream was opened with.
    ///   - filter: of which tasks it tells.
    ///   - isRevoked: whether the token has been revoked since.
    ///   - byteLimit: bytes of events that may wait.
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

    // MARK: The hub's side

    /// - Returns: false if the client is too far behind and its stream ends.
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

    /// Bytes of the events that wait.
    var waitingBytes: Int { state.withLock(\.queue.bytes) }

    /// A second has passed.
    func tick(at now: Timestamp) {
        if now >= expiresAt || isRevoked() { finish(.tokenExpired) }
        switch state.withLock({ $0.queue.tick() }) {
        case .none: break
        case .wake: wake()
        case .abort: state.withLock(\.abort)?()
        }
    }

    // MARK: The client's side

    /// - Parameters:
    ///   - wake: called when there is something to send.
    ///   - abort: called when the client does not read; its connection must be closed.
    func attach(wake: @escaping @Sendable () -> Void = {}, abort: @escaping @Sendable () -> Void) {
        state.withLock { ($0.wake, $0.abort) = (wake, abort) }
    }

    /// Lets go of what was attached.
    func detach() { state.withLock { ($0.wake, $0.abort) = (nil, nil) } }

    /// The sender's next step. It must call `sent` before it calls this again.
    func next() -> EventQueue.Step {
        state.withLock { state in
            state.isAwake = false
            return state.queue.next()
        }
    }

    /// The socket has taken what was last to be sent.
    func sent() { state.withLock { $0.queue.sent() } }

    /// Whether the stream has ended and has nothing more to tell.
    var isOver: Bool { state.withLock(\.queue.isOver) }

    /// Sends what the client has missed, before anything that happens from now on.
    func sendPast(to sink: any EventSink, _ past: (inout Sender) async throws -> Void) async throws {
        var sender = Sender(stream: self, sink: sink)
        do {
            try await past(&sender)
        } catch is CutOffError {
            // The queue says why.
        }
    }

    /// Writes to the client, watched by the stream's clock.
    struct Sender {
        fileprivate let stream: EventStream
        fileprivate var sink: any EventSink

        /// Returns once there is room for more.
        ///
        /// - Throws: `CutOffError` if the stream has ended meanwhile, and not for a shutdown.
        mutating func write(_ messages: [EventMessage]) async throws {
            try stream.state.withLock { state in
                guard state.queue.cutOff == nil else { throw CutOffError() }
                state.queue.begin()
            }
            try await sink.write(messages)
            stream.sent()
        }

        /// Goes on behind changes of which none is for the client: no write has shown that the stream and its client are still there.
        ///
        /// - Throws: `CutOffError` if the stream has ended meanwhile, also for a shutdown: what waits is not sent ahead of the rest of the past.
        mutating func passOver() async throws {
            guard stream.state.withLock({ !$0.queue.abandonIfEnded() }) else { throw CutOffError() }
            try await write([.heartbeat])
        }
    }
}
