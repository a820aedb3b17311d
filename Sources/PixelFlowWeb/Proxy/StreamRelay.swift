import NIOCore
import NIOHTTP1
import PixelFlowHTTP

/// Forwards the events of a service to a client, on their common event loop, until either side disconnects or the process stops. Reads from
/// the service only as fast as the client accepts the events. Used only on the event loop.
final class StreamRelay {
    typealias Service = LoopConnection<HTTPClientResponsePart, HTTPClientRequestPart>

    /// The service's response.
    enum Opening: Sendable {
        case events(NIOLoopBound<StreamRelay>, HTTPResponseHead)
        /// Anything else, such as a rejection.
        case complete(HTTPResponseHead, ByteBuffer)
    }

    /// A response that is not a stream exceeds `maximumBytes`.
    private struct TooLargeError: Error {}

    private enum State {
        case asked(EventLoopPromise<Opening>)
        case reading(HTTPResponseHead, ByteBuffer, EventLoopPromise<Opening>)
        /// The head has been forwarded. Data that arrived with it, and perhaps the end, waits for the client.
        case opened([ByteBuffer], isComplete: Bool?)
        case following(ResponseTail)
        case over
    }

    private static let maximumBytes = 64 * 1024

    private let service: Service
    private let asking: Asking
    private let eventLoop: any EventLoop
    private var state: State

    private init(_ service: Service, _ asking: Asking, _ eventLoop: any EventLoop, _ opening: EventLoopPromise<Opening>) {
        self.service = service
        self.asking = asking
        self.eventLoop = eventLoop
        state = .asked(opening)
    }

    /// Sends a request over a new connection. After the head of a stream, reading pauses until a client follows.
    @Sendable static func ask(_ channel: any Channel, _ head: HTTPRequestHead) throws -> EventLoopFuture<Opening> {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHTTPClientHandlers()
        let asking = Asking(head)
        try pipeline.addHandlers([IdleStateHandler(readTimeout: Upstream.silenceLimit), asking])
        let opening = channel.eventLoop.makePromise(of: Opening.self)
        let relay = StreamRelay(try Service(atEndOf: channel), asking, channel.eventLoop, opening)
        relay.service.start(relay.receive)
        return opening.futureResult
    }

    // MARK: Client side

    /// Forwards the data that has arrived, and all data from now on.
    func follow(_ client: ResponseTail) {
        guard case .opened(let early, let isComplete) = state else { return client.finish() }
        state = .following(client)
        client.start { event in
            switch event {
            case .stopping: self.stop()
            case .gone:
                self.close()
                client.connection.close()
            case .writable(let isWritable): self.read(isWritable)
            }
        }
        for bytes in early { client.send([bytes], promise: nil) }
        if let isComplete { return end(isComplete: isComplete) }
        read(client.connection.isWritable)
    }

    /// Resumes or pauses reading from the service.
    private func read(_ isReading: Bool) {
        asking.isReading = isReading
        if isReading { service.resume() } else { service.pause() }
    }

    /// The process is stopping: the client will reconnect to another one.
    func stop() { end(isComplete: true) }

    func close() {
        state = .over
        service.close()
    }

    /// - Parameter isComplete: whether the stream is complete; a stream that broke off must not look complete.
    private func end(isComplete: Bool) {
        if case .following(let client) = state {
            if isComplete { client.finish() } else { client.connection.finish() }
        }
        close()
    }

    // MARK: Service side

    private func receive(_ event: Service.Event) {
        switch event {
        case .message(.head(let head)): receive(head)
        case .message(.body(let bytes)): receive(bytes)
        case .message(.end): receiveEnd()
        case .failure(let error): fail(error)
        case .ended: fail(ChannelError.eof)
        case .stopping, .writable: break
        }
    }

    private func receive(_ head: HTTPResponseHead) {
        guard case .asked(let opening) = state else { return }
        guard head.isEventStream else {
            state = .reading(head, ByteBuffer(), opening)
            return
        }
        service.pause()
        state = .opened([], isComplete: nil)
        opening.succeed(.events(NIOLoopBound(self, eventLoop: eventLoop), head))
    }

    private func receive(_ bytes: ByteBuffer) {
        switch state {
        case .reading(let head, var content, let opening):
            content.writeImmutableBuffer(bytes)
            state = .reading(head, content, opening)
            if content.readableBytes > Self.maximumBytes { fail(TooLargeError()) }
        case .opened(let early, let isComplete): state = .opened(early + [bytes], isComplete: isComplete)
        case .following(let client): client.send([bytes], promise: nil)
        case .asked, .over: break
        }
    }

    private func receiveEnd() {
        switch state {
        case .reading(let head, let content, let opening):
            close()
            opening.succeed(.complete(head, content))
        case .opened(let early, nil): state = .opened(early, isComplete: true)
        case .following: end(isComplete: true)
        case .asked, .opened, .over: break
        }
    }

    private func fail(_ error: any Error) {
        switch state {
        case .asked(let opening), .reading(_, _, let opening):
            close()
            opening.fail(error)
        case .opened(let early, nil): state = .opened(early, isComplete: false)
        case .following: end(isComplete: false)
        case .opened, .over: break
        }
    }

    /// Sends the request, and closes a connection that has been silent for too long, unless reading is paused.
    private final class Asking: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let head: HTTPRequestHead
        var isReading = true

        init(_ head: HTTPRequestHead) { self.head = head }

        func channelActive(context: ChannelHandlerContext) {
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            context.fireChannelActive()
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is IdleStateHandler.IdleStateEvent {
                if isReading { context.close(promise: nil) }
                return
            }
            context.fireUserInboundEventTriggered(event)
        }
    }
}

extension HTTPResponseHead {
    fileprivate var isEventStream: Bool { status == .ok && headers["content-type"].first?.hasPrefix("text/event-stream") == true }
}
