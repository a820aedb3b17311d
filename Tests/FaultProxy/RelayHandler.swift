import NIOCore

/// Notifies a relay of events on one of its channels.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let relay: Relay
    private let side: Relay.Side

    init(relay: Relay, side: Relay.Side) {
        self.relay = relay
        self.side = side
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        relay.received(unwrapInboundIn(data), from: side)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        relay.readCompleted(from: side)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { relay.becameWritable(side) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { relay.ended(from: side) }
    }

    func channelActive(context: ChannelHandlerContext) {
        if side == .client { relay.connect() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        relay.ended(from: side)
        relay.closed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
