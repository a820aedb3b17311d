import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The outcome of an upgrade.
enum UpgradeOutcome: Sendable {
    case upgraded(WebSocket)
    case refused(EventLoopFuture<RawAnswer>)
}

enum WebSocketUpgrade {
    /// Kubernetes writes frames of at most 64 KiB; a server may write larger ones.
    private static let maximumFrame = 4 << 20

    static var upgrader: NIOTypedWebSocketClientUpgrader<UpgradeOutcome> {
        NIOTypedWebSocketClientUpgrader(maxFrameSize: maximumFrame) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                let aggregator = NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1_024, maxAccumulatedFrameSize: maximumFrame)
                try channel.pipeline.syncOperations.addHandler(aggregator)
                return .upgraded(try WebSocket(wrappingChannelSynchronously: channel))
            }
        }
    }

    /// Reads the response of a server that does not upgrade, because it contains the reason.
    @Sendable static func collectRefusal(_ channel: any Channel) -> EventLoopFuture<UpgradeOutcome> {
        channel.eventLoop.makeCompletedFuture {
            let answer = channel.eventLoop.makePromise(of: RawAnswer.self)
            try channel.pipeline.syncOperations.addHandler(AnswerCollector(answer: answer))
            return .refused(answer.futureResult)
        }
    }
}

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<RawAnswer>
    private var status = 0
    private var body: [UInt8] = []

    private static let maximumBody = 65_536

    init(answer: EventLoopPromise<RawAnswer>) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let part): body.append(contentsOf: part.readableBytesView.prefix(Self.maximumBody - body.count))
        case .end: finish(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context)
        context.fireChannelInactive()
    }

    private func finish(_ context: ChannelHandlerContext) {
        if status > 0 {
            answer.succeed(RawAnswer(status: status, body: body))
        } else {
            answer.fail(ChannelError.eof)
        }
        context.close(promise: nil)
    }
}
