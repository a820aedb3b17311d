import Deadlines
package import NIOCore
import NIOPosix
import Synchronization

/// A server on 127.0.0.1 that records what it is sent, and answers as a test wants.
package final class Receiver: Sendable {
    package struct Message: Sendable {
        package let path: String
        package let headers: [String: String]
        package let body: String
        package let at: ContinuousClock.Instant
    }

    /// Writes the answer, if there is to be one.
    package typealias Answer = @Sendable (Message, any Channel) -> Void

    private let channel: any Channel
    private let log: Log

    private final class Log: Sendable {
        let messages = Mutex<[Message]>([])
    }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        self.log = log
    }

    package var messages: [Message] { log.messages.withLock { $0 } }

    package func url(_ path: String = "/hook") -> String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)\(path)" }

    /// Waits for so many messages.
    package func messages(_ count: Int) async throws -> [Message] {
        try await eventually("\(count) messages") { () -> [Message]? in messages.count >= count ? messages : nil }
    }

    /// Runs a receiver while `body` runs.
    package static func run<Value>(_ answer: @escaping Answer, _ body: (Receiver) async throws -> Value) async throws -> Value {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Reader { message in
                            log.messages.withLock { $0.append(message) }
                            answer(message, channel)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(Receiver(channel, log)))
        } catch {
            result = .failure(error)
        }
        try await channel.close()
        return try result.get()
    }

    /// Answers with a status, and closes.
    package static func status(_ status: Int, headers: String = "", body: String = "") -> Answer {
        { _, channel in
            let text = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var bytes = ByteBuffer()
        private let onMessage: (Message) -> Void

        init(_ onMessage: @escaping (Message) -> Void) { self.onMessage = onMessage }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var part = unwrapInboundIn(data)
            bytes.writeBuffer(&part)
            let text = String(buffer: bytes)
            guard let end = text.firstRange(of: "\r\n\r\n") else { return }
            let lines = text[..<end.lowerBound].split(separator: "\r\n")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
            }
            let body = text[end.upperBound...]
            guard body.utf8.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return }
            bytes = ByteBuffer()
            let path = lines[0].split(separator: " ")[1]
            onMessage(Message(path: String(path), headers: headers, body: String(body), at: .now))
        }
    }
}
