import PixelFlowCore
import Synchronization

/// The events of one client, from `EventHub.open` until it is let go of.
///
/// The hub puts events in, `run` sends them; between the two is an `EventQueue`, so that a client that does not read costs what
/// the queue may hold and what its socket has taken.
final class EventStream: Sendable {
    /// `run` ended early because the client does not read.
    struct Aborted: Error {}

    let tenant: TenantID
    let user: UserID
    /// Whose tasks alone it tells of; nil for all.
    let batch: BatchID?
    private let expiresAt: Timestamp
    private let isRevoked: @Sendable () -> Bool
    private let queue: Mutex<EventQueue>
    private let wakeSignals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let abortion = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - expiresAt: when the token ends that the stream was opened with.
    ///   - batch: whose tasks alone it tells of; nil for all.
    ///   - isRevoked: whether the token has been revoked since.
    ///   - byteLimit: bytes of events that may wait.
    init(
        of principal: Principal, until expiresAt: Timestamp, batch: BatchID? = nil,
        isRevoked: @escaping @Sendable () -> Bool = { false }, byteLimit: Int
    ) {
        tenant = principal.tenant
        user = principal.user
        self.batch = batch
        self.expiresAt = expiresAt
        self.isRevoked = isRevoked
        queue = Mutex(EventQueue(byteLimit: byteLimit))
    }

    // MARK: The hub's side

    /// - Returns: false if the client is too far behind and its stream ends.
    func push(_ event: EncodedEvent) -> Bool {
        let isAccepted = queue.withLock { $0.append(event) }
        wakeSignals.continuation.yield()
        return isAccepted
    }

    func finish(_ reason: EventQueue.End) {
        queue.withLock { $0.finish(reason) }
        wakeSignals.continuation.yield()
    }

    /// Abandons the current send, since the client does not read.
    func abort() { abortion.continuation.finish() }

    /// Bytes of the events that wait.
    var waitingBytes: Int { queue.withLock(\.bytes) }

    /// A second has passed.
    func tick(at now: Timestamp) {
        if now >= expiresAt || isRevoked() { finish(.tokenExpired) }
        switch queue.withLock({ $0.tick() }) {
        case .none: break
        case .wake: wakeSignals.continuation.yield()
        case .abort: abort()
        }
    }

    // MARK: The client's side

    /// Sends what `past` writes and then every event, until the stream ends.
    ///
    /// - Returns: why it ended.
    /// - Throws: `Aborted` if the client does not read; its connection must be closed.
    @discardableResult func run(
        to sink: any EventSink, after past: @escaping @Sendable (inout Sender) async throws -> Void
    ) async throws -> EventQueue.End {
        let handle = SinkHandle(sink: sink)
        return try await withThrowingTaskGroup(of: EventQueue.End.self) { group in
            group.addTask {
                for await _ in self.abortion.stream {}
                throw Aborted()
            }
            group.addTask {
                var sender = Sender(stream: self, sink: handle.sink)
                do {
                    try await past(&sender)
                } catch is CutOff {
                    // The queue says why.
                }
                return try await self.send(by: &sender)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .shutdown
        }
    }

    private func send(by sender: inout Sender) async throws -> EventQueue.End {
        var wakeSignals = wakeSignals.stream.makeAsyncIterator()
        while true {
            switch queue.withLock({ $0.next() }) {
            case .send(let events): try await sender.send(events.map(EventMessage.change))
            case .beat: try await sender.send([.heartbeat])
            case .wait: guard await wakeSignals.next() != nil else { return .shutdown }
            case .end(let end):
                if end == .overflow { try await sender.send([.reset]) }
                return end
            }
        }
    }

    /// The past of a stream that has ended is not sent any further.
    private struct CutOff: Error {}

    /// Writes to the client, watched by the stream's clock.
    struct Sender {
        fileprivate let stream: EventStream
        fileprivate var sink: any EventSink

        /// Returns once the socket has room for more.
        ///
        /// - Throws: `CutOff` if the stream has ended meanwhile, and not for a shutdown.
        mutating func write(_ messages: [EventMessage]) async throws {
            guard stream.queue.withLock({ $0.cutOff }) == nil else { throw CutOff() }
            try await send(messages)
        }

        fileprivate mutating func send(_ messages: [EventMessage]) async throws {
            stream.queue.withLock { $0.begin() }
            try await sink.write(messages)
            stream.queue.withLock { $0.sent() }
        }
    }

    /// Sendable unchecked: only the sending task uses the sink, while its owner waits for that task.
    private struct SinkHandle: @unchecked Sendable {
        let sink: any EventSink
    }
}
