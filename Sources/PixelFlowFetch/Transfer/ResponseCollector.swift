import NIOCore
import NIOHTTP1
import NIOSSL
import PixelFlowCore

/// Makes a response of its parts, as they arrive.
protocol ResponseReader {
    associatedtype Response: Sendable

    /// - Returns: the response once nothing more is wanted of it.
    /// - Throws: what is wrong with it.
    mutating func read(_ part: HTTPClientResponsePart) throws -> Response?
}

/// Sends a request once the connection stands, and has its response read. The connection is closed as soon as nothing more is wanted
/// of it, however much more there is.
final class ResponseCollector<Reader: ResponseReader>: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let body: ByteBuffer?
    private var reader: Reader
    private let promise: EventLoopPromise<Reader.Response>
    private let onSend: @Sendable () -> Void
    private var isDone = false

    init(
        request: HTTPRequestHead, body: ByteBuffer?, reader: Reader, promise: EventLoopPromise<Reader.Response>,
        onSend: @escaping @Sendable () -> Void
    ) {
        self.request = request
        self.body = body
        self.reader = reader
        self.promise = promise
        self.onSend = onSend
    }

    func channelActive(context: ChannelHandlerContext) {
        onSend()
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        if let body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        do {
            if let response = try reader.read(unwrapInboundIn(data)) { finish(.success(response), context) }
        } catch {
            finish(.failure(error), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.failure(error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(ChannelError.eof), context)
        context.fireChannelInactive()
    }

    /// A connection that failed before it was active: the promise must not be left open.
    func handlerRemoved(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

    private func finish(_ result: Result<Reader.Response, any Error>, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        promise.completeWith(result)
        context.channel.closeNow()
    }
}

extension Channel {
    /// Closes below TLS, which would otherwise wait up to 5 s for the peer's close and read on in the meantime.
    func closeNow() {
        eventLoop.execute {
            if let tls = try? self.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self) {
                tls.close(promise: nil)
            } else {
                self.close(promise: nil)
            }
        }
    }
}
