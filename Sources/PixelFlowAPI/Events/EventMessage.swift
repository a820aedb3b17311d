import Hummingbird
import NIOCore
import NIOHTTP1
import NIOWebSocket
import PixelFlowHTTP

/// A message of a stream to its client.
enum EventMessage: Sendable {
    case change(EncodedEvent)
    /// The delay before the client reconnects.
    case retry
    /// The position of a client that has received no event since.
    case position(EventPosition)
    case heartbeat
    /// The client missed changes that will not be sent again.
    case reset

    /// The message as part of a `text/event-stream`.
    var serverSent: ByteBuffer {
        switch self {
        case .change(let event): event.serverSent
        case .retry: ServerSentEvent.retry
        case .position(let position): ServerSentEvent.position(position)
        case .heartbeat: ServerSentEvent.heartbeat
        case .reset: ServerSentEvent.reset
        }
    }

    /// The message as a WebSocket frame; nil if WebSockets have no such message.
    var frame: WebSocketFrame? {
        switch self {
        case .change(let event): WebSocketFrame(fin: true, opcode: .text, data: event.message)
        // On WebSockets, the page itself decides when to reconnect.
        case .retry: nil
        // A WebSocket message is an event, of which clients know three types.
        case .position: nil
        case .heartbeat: WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
        case .reset: WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: #"{"type":"reset"}"#))
        }
    }
}

/// Sends missed changes to one client, from the task of its request.
protocol EventSink {
    /// Returns when there is room for more.
    mutating func write(_ messages: [EventMessage]) async throws
}

/// Server-sent events as the body of a response.
struct ServerSentSink: EventSink {
    var writer: any ResponseBodyWriter

    mutating func write(_ messages: [EventMessage]) async throws { try await writer.write(contentsOf: messages.map(\.serverSent)) }
}

/// Sends new changes to one client. Used on the event loop of its connection.
protocol EventOutlet: AnyObject {
    /// - Parameter promise: succeeds when the socket has accepted the messages.
    func send(_ messages: [EventMessage], promise: EventLoopPromise<Void>)
    /// The stream has ended, and the client has received all messages.
    func end(_ reason: EventQueue.End)
    /// The client does not read, so its connection must be closed.
    func abort()
}

/// Server-sent events as the rest of a response.
final class ServerSentOutlet: EventOutlet {
    private let response: ResponseTail

    init(_ response: ResponseTail) { self.response = response }

    /// Sends the events of a stream until it ends, the client disconnects, or the service stops.
    func follow(_ open: OpenEventStream, on eventLoop: any EventLoop) {
        let pump = EventPump(open, to: self, on: eventLoop)
        response.start { event in
            switch event {
            case .stopping: pump.stream.finish(.shutdown)
            case .gone:
                pump.stop()
                self.abort()
            case .writable: break
            }
        }
        pump.start()
    }

    func send(_ messages: [EventMessage], promise: EventLoopPromise<Void>) {
        response.send(messages.map(\.serverSent), promise: promise)
    }

    func end(_ reason: EventQueue.End) { response.finish() }

    func abort() { response.connection.close() }
}
