import Deadlines
import FaultProxy
import NIOCore
import NIOPosix

/// A TCP connection through a proxy.
final class Client: Sendable {
    private let channel: any Channel
    private let pieces: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    private let reader: Reader

    init(_ proxy: FaultProxy) async throws {
        let (stream, pieces) = AsyncThrowingStream.makeStream(of: ByteBuffer.self, throwing: (any Error).self)
        self.pieces = pieces
        reader = Reader(stream)
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ReceivingHandler(pieces)) }
            }
            .connect(host: proxy.host, port: proxy.port)
            .get()
    }

    deinit { channel.close(promise: nil) }

    func send(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }
    func send(_ text: String) async throws { try await send(ByteBuffer(string: text)) }
    func finish() async throws { try await channel.close(mode: .output) }

    /// Exactly this many bytes, or fewer at the end.
    func receive(_ count: Int) async throws -> ByteBuffer {
        try await within(.testDeadline, "\(count) bytes of the proxy, or the end") { [reader] in try await reader.read(count) }
    }

    func receiveAll() async throws -> ByteBuffer {
        try await within(.testDeadline, "the end of what the proxy sends") { [reader] in try await reader.read(.max) }
    }

    func echo(_ text: String) async throws -> String {
        try await send(text)
        return String(buffer: try await receive(text.utf8.count))
    }

    func isClosedByPeer() async -> Bool {
        guard let rest = try? await receive(1) else { return true }
        return rest.readableBytes == 0
    }
}

private actor Reader {
    private var iterator: AsyncThrowingStream<ByteBuffer, any Error>.Iterator?
    private var rest = ByteBuffer()

    init(_ stream: AsyncThrowingStream<ByteBuffer, any Error>) { iterator = stream.makeAsyncIterator() }

    func read(_ count: Int) async throws -> ByteBuffer {
        while rest.readableBytes < count, var pieces = iterator {
            iterator = nil
            // bounded: by `read`'s caller.
            let piece = try await pieces.next(isolation: self)
            guard let piece else { break }
            iterator = pieces
            rest.writeImmutableBuffer(piece)
        }
        return rest.readSlice(length: min(count, rest.readableBytes)) ?? ByteBuffer()
    }
}

private final class ReceivingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let pieces: AsyncThrowingStream<ByteBuffer, any Error>.Continuation

    init(_ pieces: AsyncThrowingStream<ByteBuffer, any Error>.Continuation) { self.pieces = pieces }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { pieces.yield(unwrapInboundIn(data)) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { pieces.finish() }
    }

    func channelInactive(context: ChannelHandlerContext) { pieces.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        pieces.finish(throwing: error)
        context.close(promise: nil)
    }
}
