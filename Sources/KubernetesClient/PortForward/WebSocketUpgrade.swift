import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The outcome of an upgrade.
enum UpgradeOutcome: Sendable {
    case upgraded(WebSocket)
    case refused(EventLoopFuture<RawResponse>)
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
            let response = channel.eventLoop.makePromise(of: RawResponse.self)
            try channel.pipeline.syncOperations.addHandler(ResponseCollector(response: response))
            return .refused(response.futureResult)
        }
    }
}

private final class ResponseCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let response: EventLoopPromise<RawResponse>
    private var status = 0
    private var body: [UInt8] = []

    private static let maximumBody = 65_536

    init(response: EventLoopPromise<RawResponse>) {
        self.response = response
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
            response.succeed(RawResponse(status: status, body: body))
        } else {
            response.fail(ChannelError.eof)
        }
        context.close(promise: nil)
    }
}
