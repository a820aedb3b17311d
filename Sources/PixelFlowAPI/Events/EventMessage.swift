import Hummingbird
import NIOCore
import NIOHTTP1
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

    /// As a part of a `text/event-stream`.
    var serverSent: ByteBuffer {
        switch self {
        case .change(let event): event.serverSent
        case .retry: ServerSentEvent.retry
        case .heartbeat: ServerSentEvent.heartbeat
        case .reset: ServerSentEvent.reset
        }
    }

    /// As a frame of a WebSocket; nil for what is not said on one.
    var frame: WebSocketFrame? {
        switch self {
        case .change(let event): WebSocketFrame(fin: true, opcode: .text, data: event.message)
        // A browser comes back by itself, when the page wants it.
        case .retry: nil
        case .heartbeat: WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
        case .reset: WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: #"{"type":"reset"}"#))
        }
    }
}

/// The way to one client for what it has missed, from the task of its request.
protocol EventSink {
    /// Returns once there is room for more.
    mutating func write(_ messages: [EventMessage]) async throws
}

/// Server-sent events, as the body of an answer.
struct ServerSentSink: EventSink {
    var writer: any ResponseBodyWriter

    mutating func write(_ messages: [EventMessage]) async throws { try await writer.write(contentsOf: messages.map(\.serverSent)) }
}

/// The way to one client for what happens from now on. Used on the event loop of its connection.
protocol EventOutlet: AnyObject {
    /// - Parameter promise: succeeds once the socket has taken the messages.
    func send(_ messages: [EventMessage], promise: EventLoopPromise<Void>)
    /// The stream has ended, and the client has been sent what was due.
    func end(_ reason: EventQueue.End)
    /// The client does not read: its connection must be closed.
    func abort()
}

/// Server-sent events, as the rest of an answer.
final class ServerSentOutlet: EventOutlet {
    private let answer: AnswerTail

    init(_ answer: AnswerTail) { self.answer = answer }

    /// Sends the events of a stream until it ends, or the client disconnects, or the service stops.
    func follow(_ open: OpenEventStream, on eventLoop: any EventLoop) {
        let pump = EventPump(open, to: self, on: eventLoop)
        answer.connection.start { event in
            switch event {
            case .stopping: pump.stream.finish(.shutdown)
            case .failure, .ended:
                pump.stop()
                self.abort()
            // Nothing behind a stream is answered, so it need not be read. An end is seen even so.
            case .message(.head): self.answer.connection.pause()
            case .message, .writable: break
            }
        }
        pump.start()
    }

    func send(_ messages: [EventMessage], promise: EventLoopPromise<Void>) {
        answer.send(messages.map(\.serverSent), promise: promise)
    }

    func end(_ reason: EventQueue.End) { answer.finish() }

    func abort() { answer.connection.close() }
}
