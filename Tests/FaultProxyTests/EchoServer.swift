import Deadlines
import NIOCore
import NIOPosix
import Synchronization

/// Sends back what it gets, and keeps a copy.
final class EchoServer: Sendable {
    let port: Int
    private let listening: any Channel
    private let state: Recording

    private init(listening: any Channel, state: Recording) {
        self.listening = listening
        self.state = state
        port = listening.localAddress?.port ?? 0
    }

    static func start() async throws -> EchoServer {
        let state = Recording()
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(EchoHandler(state: state)) }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return EchoServer(listening: listening, state: state)
    }

    func stop() async throws { try await listening.close() }

    /// From all clients.
    var received: ByteBuffer { state.content.withLock { $0.received } }

    /// Replies only once a connection has sent this many bytes.
    func setReplies(after count: Int) { state.content.withLock { $0.replyAfter = count } }

    func waitFor(_ count: Int) async throws {
        try await eventually("\(count) bytes at the server") { received.readableBytes >= count }
    }
}

private final class Recording: Sendable {
    struct Content {
        var received = ByteBuffer()
        var replyAfter = 0
    }

    let content = Mutex(Content())
}

private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let state: Recording
    private var kept = ByteBuffer()

    init(state: Recording) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        kept.writeImmutableBuffer(bytes)
        let replyAfter = state.content.withLock { content in
            content.received.writeImmutableBuffer(bytes)
            return content.replyAfter
        }
        guard kept.readableBytes >= replyAfter else { return }
        context.writeAndFlush(wrapOutboundOut(kept), promise: nil)
        kept.clear()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(mode: .output, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
