package import HTTPTypes
package import Hummingbird
package import NIOCore
import NIOHTTP1

/// A connection that speaks another protocol after a 101 (Switching Protocols), from its 101 to its end.
///
/// The pipeline keeps its HTTP handlers, for Hummingbird owns them: the new protocol's handlers stand between them and the socket,
/// take everything that arrives, and drop whatever HTTP still writes. `ConnectionGuard` goes on counting the connection, and closes
/// it when its peer does not read. A client's end of such a connection is one, too.
package struct UpgradedConnection<Inbound: Sendable, Outbound: Sendable>: Sendable {
    package typealias Messages = NIOThrowingAsyncSequenceProducer<
        Inbound, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, UpgradeBridge<Inbound, Outbound>.Demand
    >

    /// What the peer sends. It is read from the socket only as fast as this is iterated.
    package let messages: Messages
    private let channel: any Channel
    private let bridge: NIOLoopBound<UpgradeBridge<Inbound, Outbound>>

    init(messages: Messages, channel: any Channel, bridge: NIOLoopBound<UpgradeBridge<Inbound, Outbound>>) {
        self.messages = messages
        self.channel = channel
        self.bridge = bridge
    }

    /// Takes over a connection that this process has opened and upgraded. It ends with the messages' reader.
    ///
    /// Must be called on the channel's event loop.
    package init(atEndOf channel: any Channel) throws {
        self = try UpgradeBridge<Inbound, Outbound>.install(on: channel, position: .last, behind: [], isOwner: true)
    }

    /// Returns once the socket has taken the message.
    package func write(_ message: Outbound) async throws { try await write(contentsOf: [message]) }

    /// Returns once the socket has taken them all. A peer that does not read can be given up only with its connection, so being
    /// cancelled meanwhile closes it.
    package func write(contentsOf messages: [Outbound]) async throws {
        guard !messages.isEmpty else { return }
        try Task.checkCancellation()
        let promise = channel.eventLoop.makePromise(of: Void.self)
        let (bridge, channel) = (bridge, channel)
        channel.eventLoop.execute { bridge.value.write(messages, promise) }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Closes the connection at once.
    package func close() { channel.close(promise: nil) }
}

extension AppRequestContext {
    /// Answers 101, hands the connection to other handlers, and runs `operation` over it. The connection ends with it.
    ///
    /// - Parameters:
    ///   - headers: beside `Connection` and `Upgrade`.
    ///   - handlers: between the socket and the connection's messages, from the socket on; empty where those are bytes.
    package func upgrade<Inbound: Sendable, Outbound: Sendable>(
        to name: String, headers: HTTPFields = [:], handlers: @escaping @Sendable () -> [any ChannelHandler],
        _ operation: @escaping @Sendable (UpgradedConnection<Inbound, Outbound>) async throws -> Void
    ) -> Response {
        var fields: HTTPFields = [.connection: "Upgrade", .upgrade: name]
        fields.append(contentsOf: headers)
        let channel = self.channel
        return Response(
            status: .switchingProtocols, headers: fields,
            body: ResponseBody { writer in
                // The head is on its way to the event loop, so this comes after it.
                let connection: UpgradedConnection<Inbound, Outbound> = try await channel.eventLoop.submit {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.handler(type: RequestObserver.self).connectionUpgraded()
                    let encoder = try pipeline.handler(type: HTTPResponseEncoder.self)
                    return try UpgradeBridge.install(on: channel, position: .before(encoder), behind: handlers(), isOwner: false)
                }.get()
                defer { connection.close() }
                try await operation(connection)
                try await writer.finish(nil)
            })
    }
}

/// The end of the new protocol's handlers: between them and the tasks that speak it. Used only on its event loop.
package final class UpgradeBridge<Inbound: Sendable, Outbound: Sendable>: ChannelDuplexHandler {
    package typealias InboundIn = Inbound
    package typealias OutboundIn = Never
    package typealias OutboundOut = Outbound

    /// Messages that may wait to be iterated; then the socket is read no further.
    private static var watermarks: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark {
        .init(lowWatermark: 2, highWatermark: 16)
    }

    /// What the messages' reader wants.
    package struct Demand: NIOAsyncSequenceProducerDelegate {
        fileprivate let bridge: NIOLoopBound<UpgradeBridge>
        fileprivate let channel: any Channel
        fileprivate let isOwner: Bool

        package func produceMore() {
            let bridge = bridge
            channel.eventLoop.execute { bridge.value.resume() }
        }

        /// Nobody reads any more.
        package func didTerminate() { if isOwner { channel.close(promise: nil) } }
    }

    private var source: UpgradedConnection<Inbound, Outbound>.Messages.Source?
    private var context: ChannelHandlerContext?
    private var isPaused = false
    private var isReadHeld = false

    /// Must be called on the channel's event loop.
    ///
    /// - Parameter isOwner: whether the connection ends when its messages are no longer read.
    static func install(
        on channel: any Channel, position: ChannelPipeline.SynchronousOperations.Position, behind handlers: [any ChannelHandler],
        isOwner: Bool
    ) throws -> UpgradedConnection<Inbound, Outbound> {
        let bridge = UpgradeBridge()
        let bound = NIOLoopBound(bridge, eventLoop: channel.eventLoop)
        let messages = UpgradedConnection<Inbound, Outbound>.Messages.self
        let sequence = messages.makeSequence(
            backPressureStrategy: watermarks, finishOnDeinit: true, delegate: Demand(bridge: bound, channel: channel, isOwner: isOwner))
        bridge.source = sequence.source
        try channel.pipeline.syncOperations.addHandlers(handlers + [bridge], position: position)
        return UpgradedConnection(messages: sequence.sequence, channel: channel, bridge: bound)
    }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        source?.finish()
        self.context = nil
    }

    // MARK: From the peer

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if source?.yield(unwrapInboundIn(data)) == .stopProducing { isPaused = true }
    }

    package func read(context: ChannelHandlerContext) {
        guard isPaused else { return context.read() }
        isReadHeld = true
    }

    private func resume() {
        isPaused = false
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        source?.finish()
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { source?.finish() }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { source?.finish(error) }

    // MARK: To the peer

    fileprivate func write(_ messages: [Outbound], _ promise: EventLoopPromise<Void>) {
        guard let context, let last = messages.last else { return promise.fail(ChannelError.ioOnClosedChannel) }
        for message in messages.dropLast() { context.write(wrapOutboundOut(message), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(last), promise: promise)
    }

    /// What HTTP writes after its 101 is the end of an answer without a body.
    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.succeed() }
}

extension Request {
    /// Whether the client wants to continue with WebSocket, as of RFC 6455. An `Upgrade` that `Connection` does not name was meant for
    /// somebody else on the way.
    package var asksForWebSocket: Bool {
        method == .get && headers[.upgrade]?.lowercased() == "websocket" && headers.connectionOptions.contains("upgrade")
    }
}

extension HTTPFields {
    /// What `Connection` names, in lower case.
    package var connectionOptions: Set<String> {
        Set(self[values: .connection].flatMap { $0.split(separator: ",") }.map { $0.lowercased().filter { !$0.isWhitespace } })
    }
}

extension HTTPRequestHead {
    /// Whether the client asks for another protocol: nothing after this request is read as HTTP.
    var asksForUpgrade: Bool {
        headers.contains(name: "upgrade") && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }
}
