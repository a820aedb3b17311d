import NIOCore

/// The last handler of a channel's pipeline: passes replies to the connection.
///
/// Confined to the event loop of its channel.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var reader: ReplyReader
    private let onReply: (RedisValue) throws(RedisError) -> Void
    private let onEnd: (RedisError) -> Void

    init(
        onReply: @escaping (RedisValue) throws(RedisError) -> Void, onEnd: @escaping (RedisError) -> Void
    ) throws(RedisError) {
        reader = try ReplyReader()
        self.onReply = onReply
        self.onEnd = onEnd
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try reader.feed(unwrapInboundIn(data))
            while let reply = try reader.next() { try onReply(reply) }
        } catch {
            end(error, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end((error as? RedisError) ?? RedisError(.connectionLost, "the connection to Redis broke: \(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onEnd(RedisError(.connectionLost, "Redis has closed the connection"))
    }

    private func end(_ error: RedisError, _ context: ChannelHandlerContext) {
        onEnd(error)
        context.close(promise: nil)
    }
}
