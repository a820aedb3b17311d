import NIOCore
import NIOHTTP1
import PixelFlowCore
import WireFormats

/// Sends a request with a body once the connection stands, and keeps the answer up to a number of bytes. Then the connection is closed,
/// however much more there is.
final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let requestBody: ByteBuffer
    private let limit: Int
    private let promise: EventLoopPromise<GuardedPoster.Answer>
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    private var isDone = false

    init(request: HTTPRequestHead, body: ByteBuffer, limit: Int, promise: EventLoopPromise<GuardedPoster.Answer>) {
        self.request = request
        requestBody = body
        self.limit = limit
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(requestBody))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(var bytes):
            if let part = bytes.readSlice(length: min(bytes.readableBytes, limit - body.readableBytes)) { body.writeImmutableBuffer(part) }
            if body.readableBytes >= limit { finish(.success(answer), context) }
        case .end:
            finish(.success(answer), context)
        }
    }

    private var answer: GuardedPoster.Answer? {
        head.map { GuardedPoster.Answer(status: Int($0.status.code), retryAfter: $0.headers.retryAfter, body: body) }
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

    private func finish(_ result: Result<GuardedPoster.Answer?, any Error>, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        promise.completeWith(result.flatMap { $0.map(Result.success) ?? .failure(ChannelError.eof) })
        ResponseCollector.closeNow(context.channel)
    }
}

extension HTTPHeaders {
    /// At least 1 s. A date is compared with the server's own clock if the response contains it.
    var retryAfter: Duration? {
        let now = first(name: "date").flatMap { HTTPDate.seconds($0) } ?? SystemClock().now().microseconds / 1_000_000
        let seconds = first(name: "retry-after").flatMap { RetryAfter.seconds($0, now: now) } ?? 0
        return seconds > 0 ? .seconds(seconds) : nil
    }
}
