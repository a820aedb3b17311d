import NIOCore
import NIOSSL
import ServerCertificates

/// Executes the dialogue on a connection. Confined to its event loop.
final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let settings: ConnectionSettings
    private let done: EventLoopPromise<Void>
    private var dialogue: SMTPDialogue
    private var parser = ReplyParser()
    private var timer: Scheduled<Void>?
    private var deadline: Scheduled<Void>?
    /// Whether the final dot has been sent.
    private var isDotSent = false
    private var isOver = false

    init(_ settings: ConnectionSettings, done: EventLoopPromise<Void>) {
        self.settings = settings
        self.done = done
        dialogue = SMTPDialogue(settings.endpoint, settings.envelope, name: "")
    }

    func channelActive(context: ChannelHandlerContext) {
        dialogue = SMTPDialogue(settings.endpoint, settings.envelope, name: ConnectionSettings.name(context.localAddress))
        deadline = schedule(settings.timeouts.total, "everything", context)
        wait(settings.timeout(for: .greeting), "the greeting", context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        var bytes = unwrapInboundIn(data)
        parser.append(&bytes)
        do {
            while !isOver, let reply = try parser.next() { try act(on: dialogue.receive(reply), context) }
        } catch {
            end(.failure(error), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(lost("The server has closed the connection.")), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The server closed the connection without a TLS closure alert; `channelInactive` follows.
        case NIOSSLError.uncleanShutdown: break
        case let error as SMTPError: end(.failure(error), context)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError, is CertificateMismatchError:
            end(.failure(isDotSent ? lost("TLS failed: \(error)") : SMTPError(.security, "TLS failed: \(error)")), context)
        default: end(.failure(lost("The connection failed: \(error)")), context)
        }
    }

    private func act(on action: SMTPDialogue.Action, _ context: ChannelHandlerContext) throws {
        switch action {
        case .send(let line): say(line, context)
        case .startTLS:
            // Anything in plain text after the reply may have been injected by an attacker (CVE-2011-0411).
            guard parser.isEmpty else { throw SMTPError(.security, "The server said something between its reply and TLS.") }
            try context.pipeline.syncOperations.addHandler(settings.tlsHandler(), position: .first)
            if case .send(let line) = dialogue.secured() { say(line, context) }
        case .sendMessage: sendMessage(context)
        case .finish: end(.success(()), context)
        }
    }

    private func say(_ line: String, _ context: ChannelHandlerContext) {
        wait(settings.timeout(for: dialogue.phase), "a reply", context)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: line + "\r\n")), promise: nil)
    }

    private func sendMessage(_ context: ChannelHandlerContext) {
        wait(settings.timeouts.message, "the server to take the message", context)
        let sent = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenSuccess {
            let (handler, context) = bound.value
            handler.isDotSent = true
            if !handler.isOver { handler.wait(handler.settings.timeout(for: .completion), "the reply to the message", context) }
        }
        context.writeAndFlush(wrapOutboundOut(settings.data), promise: sent)
    }

    private func wait(_ limit: Duration, _ what: String, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = schedule(limit, what, context)
    }

    private func schedule(_ limit: Duration, _ what: String, _ context: ChannelHandlerContext) -> Scheduled<Void> {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            let (handler, context) = bound.value
            handler.end(.failure(handler.lost("Waiting for \(what) took too long.")), context)
        }
    }

    /// Before the final dot is sent, the server cannot have the message.
    private func lost(_ text: String) -> SMTPError { SMTPError(isDotSent ? .doubt : .connection, text) }

    private func end(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        deadline?.cancel()
        done.completeWith(result)
        guard context.channel.isActive else { return }
        // The reply is optional, so do not wait for it.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "QUIT\r\n")), promise: nil)
        context.close(promise: nil)
    }
}
