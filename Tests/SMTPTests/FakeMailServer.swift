import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A mail server whose replies come from a closure; records what it receives.
final class FakeMailServer: Sendable {
    enum Reply: Sendable {
        case say(String)
        case noReply
        case hangUp
    }

    private let channel: any Channel
    private let heard: Mutex<[String]>

    var port: Int { channel.localAddress?.port ?? 0 }
    /// Lines, those of messages included.
    var lines: [String] { heard.withLock { $0 } }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        heard = Mutex([])
        log.sink.withLock { $0 = { [weak self] line in self?.heard.withLock { $0.append(line) } } }
    }

    private final class Log: Sendable {
        let sink = Mutex<(@Sendable (String) -> Void)?>(nil)
    }

    /// Runs `body` with a server.
    ///
    /// - Parameter reply: to `""` for the greeting, to a command, and to `.` for a message.
    static func with(_ reply: @escaping @Sendable (String) -> Reply, _ body: (FakeMailServer) async throws -> Void) async throws {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(reply) { line in log.sink.withLock { $0?(line) } })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = FakeMailServer(channel, log)
        do {
            try await body(server)
            try await channel.close()
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// The replies of a working server.
    static func usual(_ line: String) -> Reply {
        switch line.prefix(4) {
        case "": .say("220 mail.test")
        case "EHLO": .say("250-mail.test\r\n250 SIZE 1000000")
        case "DATA": .say("354 go on")
        default: .say("250 ok")
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let reply: @Sendable (String) -> Reply
        private let note: @Sendable (String) -> Void
        private var rest = ""
        private var isMessage = false

        init(_ reply: @escaping @Sendable (String) -> Reply, _ note: @escaping @Sendable (String) -> Void) {
            self.reply = reply
            self.note = note
        }

        func channelActive(context: ChannelHandlerContext) { act(on: "", context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            rest += String(buffer: unwrapInboundIn(data))
            while let end = rest.range(of: "\r\n") {
                let line = String(rest[..<end.lowerBound])
                rest = String(rest[end.upperBound...])
                note(line)
                if isMessage, line != "." { continue }
                isMessage = line == "DATA"
                act(on: line, context)
            }
        }

        private func act(on line: String, _ context: ChannelHandlerContext) {
            switch reply(line) {
            case .say(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
            case .noReply: break
            case .hangUp: context.close(promise: nil)
            }
        }
    }
}
