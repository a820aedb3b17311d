import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on 127.0.0.1 that answers as the test specifies.
final class StubServer: Sendable {
    struct Request: Sendable {
        var method: HTTPMethod
        var uri: String
        var headers: HTTPHeaders
        var body: ByteBuffer
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body = ""
        /// A false `Content-Length`; the connection is closed after the body.
        var announced: Int?
        /// Closes the connection without an answer.
        var hangsUp = false

        static func error(_ status: Int, _ code: String) -> Answer {
            Answer(status: status, body: "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>m</Message></Error>")
        }
    }

    private let log = Mutex<[Request]>([])
    private let answer: @Sendable (Request, Int) -> Answer

    private init(_ answer: @escaping @Sendable (Request, Int) -> Answer) { self.answer = answer }

    /// All requests so far.
    var requests: [Request] { log.withLock { $0 } }

    /// Runs a server while `body` runs.
    ///
    /// - Parameter answer: receives the request and the number of requests before it.
    static func run(
        answer: @escaping @Sendable (Request, Int) -> Answer, _ body: (StubServer, Int) async throws -> Void
    ) async throws {
        let stub = StubServer(answer)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(stub))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(stub, channel.localAddress?.port ?? 0)) } catch { outcome = .failure(error) }
        try await channel.close()
        try outcome.get()
    }

    private func reply(to request: Request) -> Answer {
        let count = log.withLock { log in
            log.append(request)
            return log.count - 1
        }
        return answer(request, count)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let stub: StubServer
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(_ stub: StubServer) { self.stub = stub }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, ByteBuffer())
            case .body(let part): body.writeImmutableBuffer(part)
            case .end:
                guard let head else { return }
                send(stub.reply(to: Request(method: head.method, uri: head.uri, headers: head.headers, body: body)), context)
            }
        }

        private func send(_ answer: Answer, _ context: ChannelHandlerContext) {
            guard !answer.hangsUp else { return context.close(promise: nil) }
            var headers = HTTPHeaders(answer.headers)
            let isTruth = answer.announced == nil
            if !headers.contains(name: "content-length") {
                headers.add(name: "content-length", value: "\(answer.announced ?? answer.body.utf8.count)")
            }
            let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !answer.body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil) }
            if isTruth {
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            } else {
                let channel = context.channel
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer())))).whenComplete { _ in channel.close(promise: nil) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
