import NIOCore

/// Requests a tunnel from an HTTP proxy (CONNECT), and removes itself once it is established.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Request: Sendable {
        /// `host:port`
        let target: String
        let authorization: String?
    }

    private let request: Request
    private let opened: EventLoopPromise<Void>
    private var response = ByteBuffer()

    private static let maximumResponse = 16_384

    private init(_ request: Request, opened: EventLoopPromise<Void>) {
        self.request = request
        self.opened = opened
    }

    /// Must be called on the channel's event loop.
    static func open(_ request: Request, on channel: any Channel) throws -> EventLoopFuture<Void> {
        let opened = channel.eventLoop.makePromise(of: Void.self)
        try channel.pipeline.syncOperations.addHandler(ProxyTunnel(request, opened: opened))
        return opened.futureResult
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { ask(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        ask(context)
        context.fireChannelActive()
    }

    private func ask(_ context: ChannelHandlerContext) {
        var text = "CONNECT \(request.target) HTTP/1.1\r\nHost: \(request.target)\r\n"
        if let authorization = request.authorization { text += "Proxy-Authorization: \(authorization)\r\n" }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        response.writeImmutableBuffer(unwrapInboundIn(data))
        let text = String(buffer: response)
        guard text.contains("\r\n\r\n") else {
            if response.readableBytes > Self.maximumResponse { fail(context, "its response is too long") }
            return
        }
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0].hasPrefix("HTTP/1."), words[1].hasPrefix("2") else {
            return fail(context, words.count > 1 ? "it responded with \(words[1])" : "its response is not HTTP")
        }
        // The server speaks only after the client does, so none of its data can follow the proxy's response.
        let opened = opened
        context.pipeline.syncOperations.removeHandler(self).cascade(to: opened)
    }

    func channelInactive(context: ChannelHandlerContext) {
        opened.fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    private func fail(_ context: ChannelHandlerContext, _ reason: String) {
        opened.fail(KubernetesError(.unreachable, "the proxy did not connect: \(reason)"))
        context.close(promise: nil)
    }
}
