import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOWebSocket
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle
import Synchronization

/// A WebSocket that events are sent on: what the client says, and how the connection ends.
final class EventSocket: Sendable {
    typealias Connection = UpgradedConnection<WebSocketFrame, WebSocketFrame>

    /// An open stream with the changes to begin with.
    struct Subscription: Sendable {
        let open: OpenEventStream
        let resume: EventResume
    }

    /// How the connection ends.
    private enum Ending: Error {
        /// With this code and reason, said by this side.
        case closing(WebSocketErrorCode, String)
        /// The client has said this, and hears it back.
        case closed(WebSocketErrorCode?)
        /// The connection is gone.
        case gone
    }

    /// Time in which a client without a token must send one.
    static let authorizationTime = Duration.seconds(10)
    /// Time in which a client may answer the closing of the connection.
    static let closingTime = Duration.seconds(2)
    /// Heartbeats in a row that may go unanswered.
    static let unansweredHeartbeats = 3
    /// Messages that a client may send in each `messageWindow`.
    static let messagesPerWindow = 100
    static let messageWindow = Duration.seconds(10)

    let connection: Connection
    /// Opens a stream for the token of the first message, after the event with this id.
    let authorize: @Sendable (_ token: String, _ lastEventID: String?) async throws -> Subscription

    private let unanswered = Atomic<Int>(0)

    init(_ connection: Connection, authorize: @escaping @Sendable (String, String?) async throws -> Subscription) {
        self.connection = connection
        self.authorize = authorize
    }

    /// Returns when the connection has ended.
    ///
    /// - Parameter subscription: nil for a client that sends its token as the first message.
    func run(_ subscription: Subscription?) async {
        let inbox = AsyncStream.makeStream(of: Result<String, Ending>.self)
        let end = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Reads on until the client has answered the closing of the connection.
                inbox.continuation.yield(.failure(await self.read(into: inbox.continuation)))
                end.continuation.finish()
            }
            let ending: Ending
            do {
                ending = try await serve(subscription, inbox.stream)
            } catch {
                ending = Self.ending(of: error)
            }
            await close(ending, answered: end.stream)
            group.cancelAll()
        }
    }

    private func serve(_ subscription: Subscription?, _ inbox: AsyncStream<Result<String, Ending>>) async throws -> Ending {
        if let subscription { return try await follow(subscription, inbox) }
        return try await follow(try await firstMessage(inbox), inbox)
    }

    // MARK: Before the first event

    private func firstMessage(_ inbox: AsyncStream<Result<String, Ending>>) async throws -> Subscription {
        let text = try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask { try await inbox.first { _ in true }?.get() }
            group.addTask {
                try await Task.sleep(for: Self.authorizationTime)
                throw Ending.closing(.sessionEnded, "token_missing")
            }
            defer { group.cancelAll() }
            guard let text = try await group.next() ?? nil else { throw Ending.gone }
            return text
        }
        guard let message = try? JSONDecoder().decode(Authorization.self, from: Data(text.utf8)), message.type == "authorize" else {
            throw Ending.closing(.policyViolation, "The first message must be of the type authorize.")
        }
        do {
            return try await authorize(message.token, message.lastEventID)
        } catch let error as PixelFlowError {
            switch error.kind {
            case .unavailable, .throttled: throw Ending.closing(.tryAgainLater, error.code)
            // The batch to be followed.
            case .notFound: throw Ending.closing(.policyViolation, error.code)
            default: throw Ending.closing(.sessionEnded, error.code)
            }
        }
    }

    private struct Authorization: Decodable {
        let type: String
        let token: String
        let lastEventID: String?

        enum CodingKeys: String, CodingKey {
            case type, token
            case lastEventID = "last_event_id"
        }
    }

    // MARK: Events

    private func follow(_ subscription: Subscription, _ inbox: AsyncStream<Result<String, Ending>>) async throws -> Ending {
        let stream = subscription.open.stream
        return try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Ending.self) { group in
                group.addTask {
                    let sink = WebSocketSink(connection: self.connection) { self.heartbeat(stream) }
                    switch try await stream.run(to: sink, after: { try await subscription.resume.write(to: &$0) }) {
                    case .overflow: return .closing(.tooSlow, "too_slow")
                    case .tokenExpired: return .closing(.sessionEnded, "session_ended")
                    case .shutdown: return .closing(.goingAway, "shutdown")
                    }
                }
                group.addTask {
                    _ = try await inbox.first { _ in true }?.get()
                    return .closing(.policyViolation, "No message is expected from the client.")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? .gone
            }
        } onGracefulShutdown: {
            stream.finish(.shutdown)
        }
    }

    /// A heartbeat is sent. A client that has answered none of the last ones is gone, whatever TCP believes.
    private func heartbeat(_ stream: EventStream) {
        if unanswered.add(1, ordering: .relaxed).newValue > Self.unansweredHeartbeats { stream.abort() }
    }

    // MARK: What the client says

    /// Answers pings and passes texts on.
    ///
    /// - Returns: how the client has ended the connection, or what it did that ends it.
    private func read(into inbox: AsyncStream<Result<String, Ending>>.Continuation) async -> Ending {
        var window = (start: ContinuousClock.now, messages: 0)
        do {
            for try await frame in connection.messages {
                unanswered.store(0, ordering: .relaxed)
                if ContinuousClock.now - window.start > Self.messageWindow { window = (.now, 0) }
                window.messages += 1
                guard window.messages <= Self.messagesPerWindow else { return .closing(.policyViolation, "Too many messages.") }
                if let text = try await take(frame) { inbox.yield(.success(text)) }
            }
            return .gone
        } catch {
            return Self.ending(of: error)
        }
    }

    /// - Returns: the text of a message, nil for a control frame.
    private func take(_ frame: WebSocketFrame) async throws -> String? {
        var data = frame.unmaskedData
        switch frame.opcode {
        case .ping:
            try await connection.write(WebSocketFrame(fin: true, opcode: .pong, data: data))
            return nil
        case .pong: return nil
        case .connectionClose: throw Ending.closed(try Self.code(in: &data))
        case .text:
            guard let text = String(validating: data.readableBytesView, as: UTF8.self) else {
                throw Ending.closing(.dataInconsistentWithMessage, "The text is not UTF-8.")
            }
            return text
        default: throw Ending.closing(.unacceptableData, "Only text is accepted.")
        }
    }

    /// The code of a close frame; nil if it has none.
    private static func code(in data: inout ByteBuffer) throws -> WebSocketErrorCode? {
        guard data.readableBytes > 0 else { return nil }
        guard let code = data.readInteger(as: UInt16.self), isSendable(code),
            String(validating: data.readableBytesView, as: UTF8.self) != nil
        else { throw Ending.closing(.protocolError, "The close frame is invalid.") }
        return WebSocketErrorCode(codeNumber: Int(code))
    }

    /// RFC 6455, section 7.4: codes that may be on the wire.
    private static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    private static func ending(of error: any Error) -> Ending {
        switch error {
        case let ending as Ending: ending
        case is EventStream.Aborted, is ChannelError, is CancellationError: .gone
        case NIOWebSocketError.invalidFrameLength, NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge,
            NIOWebSocketFrameAggregator.Error.tooManyFragments:
            .closing(.messageTooLarge, "")
        case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error, is ClientFrameError: .closing(.protocolError, "")
        case is PixelFlowError: .closing(.tryAgainLater, "")
        default: .gone
        }
    }

    // MARK: The end

    /// Says goodbye and gives the client a moment to answer, which it must do before either side closes.
    private func close(_ ending: Ending, answered: AsyncStream<Void>) async {
        let code: WebSocketErrorCode?
        var reason = ""
        switch ending {
        case .closing(let own, let text): (code, reason) = (own, text)
        case .closed(let theirs): code = theirs
        case .gone: return
        }
        var data = ByteBuffer()
        if let code { data.write(webSocketErrorCode: code) }
        data.writeString(reason)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        // Whatever happens here, the connection is closed afterwards.
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard (try? await self.connection.write(frame)) != nil else { return }
                for await _ in answered {}
            }
            group.addTask { try? await Task.sleep(for: Self.closingTime) }
            await group.next()
            group.cancelAll()
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
