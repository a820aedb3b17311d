import Hummingbird
import NIOCore
import NIOWebSocket
import PixelFlowHTTP

/// What a stream tells its client.
enum EventMessage: Sendable {
    case change(EncodedEvent)
    /// How soon to come back after a break.
    case retry
    case heartbeat
    /// Some changes were missed and will not be sent again.
    case reset
}

/// The way to one client.
protocol EventSink {
    /// Returns once the socket has room for more.
    mutating func write(_ messages: [EventMessage]) async throws
}

/// Server-sent events, as the body of an answer.
struct ServerSentSink: EventSink {
    var writer: any ResponseBodyWriter

    mutating func write(_ messages: [EventMessage]) async throws {
        try await writer.write(
            contentsOf: messages.map { message in
                switch message {
                case .change(let event): event.serverSent
                case .retry: ServerSentEvent.retry
                case .heartbeat: ServerSentEvent.heartbeat
                case .reset: ServerSentEvent.reset
                }
            })
    }
}

/// Text messages over WebSocket.
struct WebSocketSink: EventSink {
    let connection: UpgradedConnection<WebSocketFrame, WebSocketFrame>
    /// Called with each heartbeat, which the client must answer.
    let onHeartbeat: @Sendable () -> Void

    func write(_ messages: [EventMessage]) async throws {
        try await connection.write(
            contentsOf: messages.compactMap { message in
                switch message {
                case .change(let event): return WebSocketFrame(fin: true, opcode: .text, data: event.message)
                // A browser comes back by itself, when the page wants it.
                case .retry: return nil
                case .heartbeat:
                    onHeartbeat()
                    return WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
                case .reset: return WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: #"{"type":"reset"}"#))
                }
            })
    }
}
