import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowCore
import Synchronization

/// Opens the gate of a request when the upstream sends 100 (Continue), which the HTTP client does not expose.
///
/// A header identifies the gate of a request; this handler removes it. A client's own header of this name must not be forwarded.
final class ContinueObserver: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// The name of that header.
    static let mark = "x-pixelflow-gate"
    /// An upstream that does not support 100 (Continue) gets the body after this time, as required by RFC 9110, section 10.1.1.
    private static let continueTimeout = TimeAmount.seconds(5)

    private let gates: ContinueGates
    private var gate: AsyncLatch?
    private var timer: Scheduled<Void>?

    init(_ gates: ContinueGates) { self.gates = gates }

    /// The headers of a request whose gate waits as `mark` in `ContinueGates.shared`.
    static func headers(for mark: String) -> HTTPHeaders { ["expect": "100-continue", Self.mark: mark] }

    /// Adds the handler next to the client's HTTP/1.1 handlers.
    static func install(on channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(ContinueObserver(.shared), position: .after(decoder))
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let mark = head.headers.first(name: Self.mark) else {
            return context.write(data, promise: promise)
        }
        head.headers.remove(name: Self.mark)
        let gate = gates.take(mark)
        self.gate = gate
        timer = context.eventLoop.scheduleTask(in: Self.continueTimeout) { gate?.fire() }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), let gate {
            // After a final response, the body is not needed and is not sent.
            if head.status.code < 200 { gate.fire() }
            timer?.cancel()
            self.gate = nil
        }
        context.fireChannelRead(data)
    }
}

/// The gates of requests that have no connection yet. A gate is a latch that holds back a body until its upstream has sent 100 (Continue), or
/// the body is no longer needed.
final class ContinueGates: Sendable {
    static let shared = ContinueGates()

    private let gates = Mutex<[String: AsyncLatch]>([:])

    /// - Returns: a mark that no client can guess. The caller must remove it when its request has ended, because a request that gets no
    ///   connection never takes its gate.
    func add(_ gate: AsyncLatch) -> String {
        let mark = UUID().uuidString
        gates.withLock { $0[mark] = gate }
        return mark
    }

    /// Removes a gate, if it is still there.
    @discardableResult
    func take(_ mark: String) -> AsyncLatch? { gates.withLock { $0.removeValue(forKey: mark) } }
}
