import NIOCore
import NIOPosix
import Testing

/// Runs `body` with the port of a server that declines TLS as PostgreSQL does when it has none.
func withServerWithoutTLS(_ body: (_ port: Int) async throws -> Void) async throws {
    let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(RefusingTLS()) }
        }
        .bind(host: "127.0.0.1", port: 0).get()
    do {
        try await body(try #require(server.localAddress?.port))
        try await server.close()
    } catch {
        try await server.close()
        throw error
    }
}

private final class RefusingTLS: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "N")), promise: nil)
    }
}
