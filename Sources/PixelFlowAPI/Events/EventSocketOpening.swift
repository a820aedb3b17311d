import Foundation
import NIOCore
import NIOWebSocket
import PixelFlowCore
import ServiceLifecycle

/// An open stream with the missed changes to send first.
struct EventSubscription: Sendable {
    let open: OpenEventStream
    let resume: EventResume
}

/// The work of a request's task for its WebSocket, before events follow without the task.
struct EventSocketOpening: Sendable {
    let socket: NIOLoopBound<EventSocket>
    let eventLoop: any EventLoop
    /// Opens a stream for the token of the first message, after the event with this id.
    let authorize: @Sendable (_ token: String, _ lastEventID: String?) async throws -> EventSubscription

    /// Sends the missed changes; new events follow.
    ///
    /// - Parameter subscription: nil for a client that sends its token as the first message.
    func run(_ subscription: EventSubscription?) async {
        await withGracefulShutdownHandler {
            do {
                try await open(subscription)
            } catch {
                let closing = EventSocket.ClosingError(error)
                eventLoop.execute { [socket] in socket.value.close(closing) }
            }
        } onGracefulShutdown: {
            eventLoop.execute { [socket] in socket.value.stop() }
        }
    }

    private func open(_ subscription: EventSubscription?) async throws {
        let subscription = if let subscription { subscription } else { try await authorized() }
        try await onLoop { try $0.attach(subscription.open) }
        try await subscription.open.stream.sendPast(to: Sink(socket: socket, eventLoop: eventLoop)) {
            try await subscription.resume.write(to: &$0)
        }
        try await onLoop { $0.follow() }
    }

    private func onLoop(_ body: @escaping @Sendable (EventSocket) throws -> Void) async throws {
        try await eventLoop.submit { [socket] in try body(socket.value) }.get()
    }

    // MARK: A client without a token

    private func authorized() async throws -> EventSubscription {
        let text = try await eventLoop.flatSubmit { [socket, eventLoop] in
            socket.value.firstMessage ?? eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }.get()
        guard let message = try? JSONDecoder().decode(Authorization.self, from: Data(text.utf8)), message.type == "authorize" else {
            throw EventSocket.ClosingError(.policyViolation, "The first message must be of the type authorize.")
        }
        do {
            return try await authorize(message.token, message.lastEventID)
        } catch let error as PixelFlowError {
            switch error.kind {
            case .unavailable, .throttled: throw error
            // The followed batch or task does not exist.
            case .notFound: throw EventSocket.ClosingError(.policyViolation, error.code)
            default: throw EventSocket.ClosingError(.sessionEnded, error.code)
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

    /// Sends missed changes to the client.
    private struct Sink: EventSink {
        let socket: NIOLoopBound<EventSocket>
        let eventLoop: any EventLoop

        func write(_ messages: [EventMessage]) async throws {
            try await eventLoop.flatSubmit { [socket, eventLoop] in
                let promise = eventLoop.makePromise(of: Void.self)
                socket.value.send(messages, promise: promise)
                return promise.futureResult
            }.get()
        }
    }
}
