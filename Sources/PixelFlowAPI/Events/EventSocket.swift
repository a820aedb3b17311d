import NIOCore
import NIOWebSocket
import PixelFlowCore
import PixelFlowHTTP

/// A WebSocket that events are sent on: what the client says, and how the connection ends. Used on the event loop of the connection.
final class EventSocket: EventOutlet {
    typealias Connection = LoopConnection<WebSocketFrame, WebSocketFrame>

    /// The connection ends with this code and reason, said by this side.
    struct ClosingError: Error {
        let code: WebSocketErrorCode
        var reason = ""

        init(_ code: WebSocketErrorCode, _ reason: String = "") {
            self.code = code
            self.reason = reason
        }
    }

    private enum Phase {
        /// The first message is due; it is the token of the client.
        case unauthorized(EventLoopPromise<String>)
        /// No message is due.
        case open
        /// The end has been said, and the client may answer.
        case closing(Scheduled<Void>)
        case closed
    }

    /// Time in which a client without a token must send one.
    static let authorizationTime = TimeAmount.seconds(10)
    /// Time in which a client may answer the closing of the connection.
    static let closingTime = TimeAmount.seconds(2)
    /// Heartbeats in a row that may go unanswered.
    static let unansweredHeartbeats = 3
    /// Messages that a client may send in each `messageWindow`.
    static let messagesPerWindow = 100
    static let messageWindow = TimeAmount.seconds(10)

    private let connection: Connection
    private let eventLoop: any EventLoop
    private var phase = Phase.open
    private var pump: EventPump?
    private var assembly = MessageAssembly()
    private var window = (start: NIODeadline.now(), frames: 0)
    private var unanswered = 0

    /// - Parameter isAuthorized: whether the client has sent its token already.
    init(_ connection: Connection, on eventLoop: any EventLoop, isAuthorized: Bool) {
        self.connection = connection
        self.eventLoop = eventLoop
        if !isAuthorized { expectFirstMessage() }
        connection.start { event in
            switch event {
            case .message(let frame): self.receive(frame)
            case .failure(let error):
                self.close(ClosingError(error))
                // Its answer could not be read any more.
                connection.endOutput()
            // A client that reads nothing has no pings answered either.
            case .writable(let isWritable): if isWritable { connection.resume() } else { connection.pause() }
            case .stopping: self.stop()
            case .ended: self.ended()
            }
        }
    }

    // MARK: Before the first event

    /// The text of the first message, which must come in time, of a client without a token. Fails with `ClosingError` or, if the connection
    /// ends, with `ChannelError`.
    private(set) var firstMessage: EventLoopFuture<String>?

    /// The message may come as soon as the connection is there.
    private func expectFirstMessage() {
        let promise = eventLoop.makePromise(of: String.self)
        phase = .unauthorized(promise)
        let timer = eventLoop.assumeIsolated().scheduleTask(in: Self.authorizationTime) {
            self.close(ClosingError(.sessionEnded, "token_missing"))
        }
        firstMessage = promise.futureResult.always { _ in timer.cancel() }
    }

    /// Gets a stream ready to be sent: its clock runs from now on.
    ///
    /// - Throws: `ChannelError` if the connection has ended.
    func attach(_ open: OpenEventStream) throws {
        guard case .open = phase else { throw ChannelError.ioOnClosedChannel }
        pump = EventPump(open, to: self, on: eventLoop)
    }

    /// Sends the events of the stream from now on.
    func follow() { pump?.start() }

    // MARK: What is sent

    func send(_ messages: [EventMessage], promise: EventLoopPromise<Void>) {
        guard case .open = phase else { return promise.fail(ChannelError.ioOnClosedChannel) }
        for case .heartbeat in messages {
            unanswered += 1
            // A client that has answered none of the last ones is gone, whatever TCP believes.
            if unanswered > Self.unansweredHeartbeats { abort() }
        }
        let frames = messages.compactMap(\.frame)
        guard !frames.isEmpty else { return promise.succeed() }
        connection.send(frames, promise: promise)
    }

    func end(_ reason: EventQueue.End) {
        switch reason {
        case .overflow: close(ClosingError(.tooSlow, "too_slow"))
        case .tokenExpired: close(ClosingError(.sessionEnded, "session_ended"))
        case .shutdown: close(ClosingError(.goingAway, "shutdown"))
        }
    }

    func abort() { connection.close() }

    /// The service stops. What waits is still sent.
    func stop() {
        if let pump { pump.stream.finish(.shutdown) } else { end(.shutdown) }
    }

    // MARK: What the client says

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
        case .connectionClose: answerClose(try CloseFrame(frame.unmaskedData))
        default:
            guard let text = try assembly.add(frame) else { return }
            guard case .unauthorized(let promise) = phase else {
                throw ClosingError(.policyViolation, "No message is expected from the client.")
            }
            phase = .open
            promise.succeed(text)
        }
    }

    // MARK: The end

    /// Says goodbye and gives the client a moment to answer, which it must do before either side closes.
    func close(_ closing: ClosingError) {
        guard finish(closing) else { return }
        let timer = eventLoop.assumeIsolated().scheduleTask(in: Self.closingTime) { self.connection.close() }
        phase = .closing(timer)
        connection.resume()
        connection.send([CloseFrame(code: closing.code, reason: closing.reason).frame], promise: nil)
    }

    /// The client has said goodbye, and hears it back.
    private func answerClose(_ frame: CloseFrame) {
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

    /// Lets go of the stream, and fails who waits for the first message.
    ///
    /// - Returns: false if the end has been said before.
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
    /// What an error of a client's frames, or of opening its stream, means for the connection.
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
    /// The token or key has ended or was refused.
    static let sessionEnded = WebSocketErrorCode(codeNumber: 4401)
    /// The client does not read fast enough.
    static let tooSlow = WebSocketErrorCode(codeNumber: 4408)
    /// RFC 6455 leaves it to IANA: the service cannot do it now.
    static let tryAgainLater = WebSocketErrorCode(codeNumber: 1013)
}
