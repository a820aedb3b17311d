import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A mail server that answers as a closure says, and remembers what it was told.
final class FakeMailServer: Sendable {
    enum Answer: Sendable {
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
    /// - Parameter answer: to `""` for the greeting, to a command, and to `.` for a message.
    static func with(_ answer: @escaping @Sendable (String) -> Answer, _ body: (FakeMailServer) async throws -> Void) async throws {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(answer) { line in log.sink.withLock { $0?(line) } })
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

    /// What a good server answers.
    static func usual(_ line: String) -> Answer {
        switch line.prefix(4) {
        case "": .say("220 mail.test")
        case "EHLO": .say("250-mail.test\r\n250 SIZE 1000000")
        case "DATA": .say("354 go on")
        default: .say("250 ok")
        }
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: @Sendable (String) -> Answer
        private let note: @Sendable (String) -> Void
        private var rest = ""
        private var isMessage = false

        init(_ answer: @escaping @Sendable (String) -> Answer, _ note: @escaping @Sendable (String) -> Void) {
            self.answer = answer
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
            switch answer(line) {
            case .say(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
            case .noReply: break
            case .hangUp: context.close(promise: nil)
            }
        }
    }
}
