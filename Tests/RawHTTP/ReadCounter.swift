package import NIOCore

/// Counts reads from the socket, for tests of back-pressure. Used only on the event loop of its channel.
package final class ReadCounter: ChannelOutboundHandler {
    package typealias OutboundIn = ByteBuffer

    package private(set) var count = 0

    package init() {}

    package func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
