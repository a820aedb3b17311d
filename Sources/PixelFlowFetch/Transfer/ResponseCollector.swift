import NIOCore
import NIOHTTP1
import NIOSSL
import PixelFlowCore

/// Sends a request once the connection stands and keeps the answer, up to a number of bytes.
///
/// Of an answer that is not a success only the head is waited for. The connection is closed as soon as
/// nothing more is wanted of it.
final class ResponseCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let limit: Int
    private let promise: EventLoopPromise<FetchResponse>
    private var response: FetchResponse?
    private var inflater: Inflater?
    /// Bytes of the body as they were sent.
    private var received = 0
    private var isDone = false

    init(request: HTTPRequestHead, limit: Int, promise: EventLoopPromise<FetchResponse>) {
        self.request = request
        self.limit = limit
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): add(bytes, context)
        case .end: end(context)
        }
    }

    private func begin(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
        var response = FetchResponse(status: head.status, headers: head.headers)
        guard (200..<300).contains(head.status.code) else { return finish(.success(response), context) }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }) {
            guard length <= limit else { return finish(.failure(PixelFlowError.sourceTooLarge(limit)), context) }
            // Pages that a server only announces are never touched, so they cost nothing.
            response.body.reserveCapacity(max(length, 0))
        }
        do {
            inflater = try ContentCoding(head.headers).map { try Inflater($0) }
        } catch {
            return finish(.failure(error), context)
        }
        self.response = response
    }

    /// The limit applies to the encoded and to the decoded bytes.
    private func add(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        received += bytes.readableBytes
        guard response != nil, received <= limit else { return finish(.failure(PixelFlowError.sourceTooLarge(limit)), context) }
        guard let inflater else {
            response?.body.writeImmutableBuffer(bytes)
            return
        }
        do {
            var body = response?.body ?? ByteBuffer()
            // Held once, so that it grows in place.
            response?.body = ByteBuffer()
            try inflater.inflate(bytes, into: &body, limit: limit)
            response?.body = body
        } catch {
            finish(.failure(error), context)
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        guard let response else { return }
        guard inflater?.isComplete ?? true else { return finish(.failure(PixelFlowError.encodingTruncated), context) }
        finish(.success(response), context)
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

    private func finish(_ result: Result<FetchResponse, any Error>, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        promise.completeWith(result)
        response = nil
        Self.closeNow(context.channel)
    }

    /// Closes below TLS, which would otherwise wait up to 5 s for the peer's close and read on in the meantime.
    static func closeNow(_ channel: any Channel) {
        channel.eventLoop.execute {
            let pipeline = channel.pipeline.syncOperations
            if let tls = try? pipeline.context(handlerType: NIOSSLClientHandler.self) {
                tls.close(promise: nil)
            } else {
                channel.close(promise: nil)
            }
        }
    }
}
