import NIOCore
import NIOWebSocket
import PixelFlowCore
import PixelFlowHTTP

/// A WebSocket that sends events. Handles the client's messages and the end of the connection. Used on the event loop of the connection.
final class EventSocket: EventOutlet {
    typealias Connection = LoopConnection<WebSocketFrame, WebSocketFrame>

    /// Closes the connection from this side with this code and reason.
    struct ClosingError: Error {
        let code: WebSocketErrorCode
        var reason = ""

        init(_ code: WebSocketErrorCode, _ reason: String = "") {
            self.code = code
            self.reason = reason
        }
    }

    private enum Phase {
        /// Waiting for the first message, the client's token.
        case unauthorized(EventLoopPromise<String>)
        /// No message is expected.
        case open
        /// The close frame has been sent, and the client may respond.
        case closing(Scheduled<Void>)
        case closed
    }

    /// The time in which a client without a token must send one.
    static let authorizationTime = TimeAmount.seconds(10)
    /// The time in which a client may respond to a close frame.
    static let closingTime = TimeAmount.seconds(2)
    /// The maximum number of consecutive heartbeats without a response.
    static let unansweredHeartbeats = 3
    /// The maximum number of messages from a client in each `messageWindow`.
    static let messagesPerWindow = 100
    static let messageWindow = TimeAmount.seconds(10)

    private let connection: Connection
    private let eventLoop: any EventLoop
    private var phase = Phase.open
    private var pump: EventPump?
    private var assembly = MessageAssembly()
    private var window = (start: NIODeadline.now(), frames: 0)
    private var unanswered = 0

    /// - Parameter isAuthorized: whether the client has already sent its token.
    init(_ connection: Connection, on eventLoop: any EventLoop, isAuthorized: Bool) {
        self.connection = connection
        self.eventLoop = eventLoop
        if !isAuthorized { expectFirstMessage() }
        connection.start { event in
            switch event {
            case .message(let frame): self.receive(frame)
            case .failure(let error):
                self.close(ClosingError(error))
                // The client can no longer read a response.
                connection.endOutput()
            // While a client reads nothing, stop responding to its pings.
            case .writable(let isWritable): if isWritable { connection.resume() } else { connection.pause() }
            case .stopping: self.stop()
            case .ended: self.ended()
            }
        }
    }

    // MARK: Before the first event

    /// The text of the first message of a client without a token, which must arrive in time. Fails with `ClosingError` or, if the
    /// connection ends, with `ChannelError`.
    private(set) var firstMessage: EventLoopFuture<String>?

    /// The message may arrive as soon as the connection is open.
    private func expectFirstMessage() {
        let promise = eventLoop.makePromise(of: String.self)
        phase = .unauthorized(promise)
        let timer = eventLoop.assumeIsolated().scheduleTask(in: Self.authorizationTime) {
            self.close(ClosingError(.sessionEnded, "token_missing"))
        }
        firstMessage = promise.futureResult.always { _ in timer.cancel() }
    }

    /// Prepares a stream for sending; its timeouts start now.
    ///
    /// - Throws: `ChannelError` if the connection has ended.
    func attach(_ open: OpenEventStream) throws {
        guard case .open = phase else { throw ChannelError.ioOnClosedChannel }
        pump = EventPump(open, to: self, on: eventLoop)
    }

    /// Sends the events of the stream from now on.
    func follow() { pump?.start() }

    // MARK: Sending

    func send(_ messages: [EventMessage], promise: EventLoopPromise<Void>) {
        guard case .open = phase else { return promise.fail(ChannelError.ioOnClosedChannel) }
        for case .heartbeat in messages {
            unanswered += 1
            // A client that has not responded to the last heartbeats is gone, even if TCP still considers it connected.
            if unanswered > Self.unansweredHeartbeats { abort() }
        }
        let frames = messages.compactMap(\.frame)
        guard !frames.isEmpty else { return promise.succeed() }
        connection.send(frames, promise: promise)
    }

    func end(_ reason: EventQueue.End) {
        switch reason {
        case .overflow: close(ClosingError(.tooSlow, "too_slow"))
        case .missedChanges: close(ClosingError(.tryAgainLater, "missed_changes"))
        case .tokenExpired: close(ClosingError(.sessionEnded, "session_ended"))
        case .shutdown: close(ClosingError(.goingAway, "shutdown"))
        }
    }

    func abort() { connection.close() }

    /// The service is stopping. Waiting events are still sent.
    func stop() {
        if let pump { pump.stream.finish(.shutdown) } else { end(.shutdown) }
    }

    // MARK: Receiving

    private func receive(_ frame: WebSocketFrame) {
        switch phase {
        case .closed: return
        case .closing(let timer):
            guard frame.opcode == .connectionClose else { return }
            timer.cancel()
            return connection.close()
        case .unauthorized, .open: break
        }
        do {
            unanswered = 0
            try count()
            try take(frame)
        } catch {
            close(ClosingError(error))
        }
    }

    private func count() throws {
        if NIODeadline.now() - window.start > Self.messageWindow { window = (.now(), 0) }
        window.frames += 1
        guard window.frames <= Self.messagesPerWindow else { throw ClosingError(.policyViolation, "Too many messages.") }
    }

    private func take(_ frame: WebSocketFrame) throws {
        switch frame.opcode {
        case .ping: connection.send([WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)], promise: nil)
        case .pong: break
        case .connectionClose: replyToClose(try CloseFrame(frame.unmaskedData))
        default:
            guard let text = try assembly.add(frame) else { return }
            guard case .unauthorized(let promise) = phase else {
                throw ClosingError(.policyViolation, "No message is expected from the client.")
            }
            phase = .open
            promise.succeed(text)
        }
    }

    // MARK: Closing

    /// Sends a close frame and gives the client time to respond, as both sides must send one before either closes the connection.
    func close(_ closing: ClosingError) {
        guard finish(closing) else { return }
        let timer = eventLoop.assumeIsolated().scheduleTask(in: Self.closingTime) { self.connection.close() }
        phase = .closing(timer)
        connection.resume()
        connection.send([CloseFrame(code: closing.code, reason: closing.reason).frame], promise: nil)
    }

    /// The client has sent a close frame, which is echoed.
    private func replyToClose(_ frame: CloseFrame) {
        guard finish(ChannelError.ioOnClosedChannel) else { return }
        let timer = eventLoop.assumeIsolated().scheduleTask(in: Self.closingTime) { self.connection.close() }
        phase = .closing(timer)
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            timer.cancel()
            self.connection.close()
        }
        connection.send([CloseFrame(code: frame.code, reason: "").frame], promise: promise)
    }

    private func ended() {
        _ = finish(ChannelError.ioOnClosedChannel)
        if case .closing(let timer) = phase { timer.cancel() }
        phase = .closed
        connection.close()
    }

    /// Releases the stream and fails the future of the first message.
    ///
    /// - Returns: false if the connection was already finished.
    private func finish(_ error: any Error) -> Bool {
        pump?.stop()
        pump = nil
        defer { assembly = MessageAssembly() }
        switch phase {
        case .unauthorized(let promise):
            phase = .open
            promise.fail(error)
            return true
        case .open: return true
        case .closing, .closed: return false
        }
    }
}

extension EventSocket.ClosingError {
    /// Converts an error of a client's frames, or of opening its stream, to the closing error.
    init(_ error: any Error) {
        switch error {
        case let closing as Self: self = closing
        case NIOWebSocketError.invalidFrameLength: self.init(.messageTooLarge)
        case is NIOWebSocketError, is ClientFrameError: self.init(.protocolError)
        case let error as PixelFlowError: self.init(.tryAgainLater, error.code)
        default: self.init(.tryAgainLater)
        }
    }
}

extension WebSocketErrorCode {
    /// The token or key has expired or was rejected.
    static let sessionEnded = WebSocketErrorCode(codeNumber: 4401)
    /// The client reads too slowly.
    static let tooSlow = WebSocketErrorCode(codeNumber: 4408)
    /// Registered with IANA, not defined in RFC 6455: the service is temporarily unavailable.
    static let tryAgainLater = WebSocketErrorCode(codeNumber: 1013)
}
