import NIOCore
import NIOHTTP1
import NIOSSL
import PixelFlowCore

/// Assembles a response from its parts as they arrive.
protocol ResponseReader {
    associatedtype Response: Sendable

    /// - Returns: the response once no more of it is needed.
    /// - Throws: an error for an invalid or unacceptable response.
    mutating func read(_ part: HTTPClientResponsePart) throws -> Response?
}

/// Sends a request once the connection is established, and passes the response to its reader. Closes the connection as soon as the reader
/// needs no more, even if the response continues.
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

    /// A connection that failed before it was active: the promise must still be completed.
    func handlerRemoved(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

    private func finish(_ result: Result<Reader.Response, any Error>, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        promise.completeWith(result)
        context.channel.closeNow()
    }
}

extension Channel {
    /// Closes below TLS, which would otherwise wait up to 5 s for the peer's close and keep reading.
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
