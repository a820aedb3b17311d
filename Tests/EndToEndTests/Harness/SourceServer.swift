import Foundation
import NIOCore
import NIOPosix

/// A server on 127.0.0.1 that responds with exactly the bytes that a test specifies.
struct SourceServer: Sendable {
    /// What is sent, and whether the connection then ends, stays silent, or continues forever.
    struct Answer: Sendable {
        enum Ending: Sendable { case close, silence, endless }
        var bytes: Data
        var ending: Ending

        static func ok(_ body: Data) -> Answer { status("200 OK", body: body) }

        static func status(_ status: String, headers: [String] = [], body: Data = Data()) -> Answer {
            let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)", "Connection: close"] + headers
            return Answer(bytes: Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body, ending: .close)
        }

        static func redirect(to location: String) -> Answer { status("302 Found", headers: ["Location: \(location)"]) }
    }

    let port: Int

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// - Parameter answer: the response for a path.
    static func run<Value>(
        _ answer: @escaping @Sendable (String) -> Answer, _ body: (SourceServer) async throws -> Value
    ) async throws -> Value {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(answer)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(SourceServer(port: channel.localAddress?.port ?? 0)))
        } catch {
            result = .failure(error)
        }
        try await channel.close()
        return try result.get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: @Sendable (String) -> Answer
        private var request = ""

        init(_ answer: @escaping @Sendable (String) -> Answer) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            request += String(buffer: unwrapInboundIn(data))
            guard request.hasSuffix("\r\n\r\n"), let path = request.split(separator: " ").dropFirst().first else { return }
            request = ""
            let answer = answer(String(path))
            let channel = context.channel
            let sent = channel.writeAndFlush(ByteBuffer(bytes: answer.bytes))
            switch answer.ending {
            case .close: sent.whenComplete { _ in channel.close(promise: nil) }
            case .silence: break
            case .endless: Self.sendForever(ByteBuffer(repeating: 120, count: 65_536), channel)
            }
        }

        private static func sendForever(_ bytes: ByteBuffer, _ channel: any Channel) {
            channel.writeAndFlush(bytes).whenSuccess { channel.eventLoop.execute { sendForever(bytes, channel) } }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
