package import NIOCore

/// A connection that goes on without a task: its owner is told what happens, and sends, on the connection's event loop. Tasks keep
/// the memory of the deepest call that they ever made, which is several times what an idle connection needs otherwise.
///
/// It is a handler of the channel, behind those that read messages from the socket's bytes. What HTTP handlers behind it still
/// write is dropped, and nothing that arrives is passed on to them. Used only on its event loop.
package final class LoopConnection<Inbound, Outbound>: ChannelDuplexHandler {
    package typealias InboundIn = Inbound
    package typealias OutboundIn = Never
    package typealias OutboundOut = Outbound

    package enum Event {
        case message(Inbound)
        /// What the peer sends is no message; the handlers before this one have read no further.
        case failure(any Error)
        /// The connection is writable again, or no longer.
        case writable(Bool)
        /// The process wants to stop, and waits for the connection to end.
        case stopping
        /// The peer sends nothing more, or is gone. The last event.
        case ended
    }

    private var context: ChannelHandlerContext?
    private var owner: ((Event) -> Void)?
    /// What has come before there was an owner. Nothing more is read meanwhile.
    private var early: [Event] = []
    private var isPaused = true
    private var isReadHeld = false
    private var hasEnded = false

    /// - Parameter hasEnded: whether the peer is known to send nothing more.
    init(hasEnded: Bool = false) {
        if hasEnded { early = [.ended] }
    }

    /// Takes over a connection that this process has opened. Must be called on the channel's event loop.
    package convenience init(atEndOf channel: any Channel) throws {
        self.init()
        try channel.pipeline.syncOperations.addHandler(self, position: .last)
    }

    /// Has events told to `owner` from now on, those first that have come already. It is let go of when the connection has ended.
    package func start(_ owner: @escaping (Event) -> Void) {
        self.owner = owner
        let early = early
        self.early = []
        isPaused = false
        early.forEach(tell)
        // Unless what has come already was too much.
        if !isPaused { resume() }
    }

    /// The peer was seen to send nothing more before this handler was there.
    func endInput() { tell(.ended) }

    private func tell(_ event: Event) {
        guard !hasEnded else { return }
        guard let owner else { return early.append(event) }
        if case .ended = event { hasEnded = true }
        owner(event)
    }

    // MARK: What the owner does

    /// Reads no further from the socket until `resume`. What has been read already is still told.
    package func pause() { isPaused = true }

    package func resume() {
        isPaused = false
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    package var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Succeeds once the socket has taken the messages, of which there must be one at least.
    package func send(_ messages: [Outbound], promise: EventLoopPromise<Void>?) {
        guard let context, let last = messages.last else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        for message in messages.dropLast() { context.write(wrapOutboundOut(message), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(last), promise: promise)
    }

    /// Closes the connection at once.
    package func close() { context?.close(promise: nil) }

    /// Tells the peer that nothing more comes, once the socket has taken what was sent.
    package func endOutput() { context?.close(mode: .output, promise: nil) }

    /// Closes the connection once the socket has taken what was sent, or has not for `finishTime`.
    package func finish() {
        guard let context else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let deadline = context.eventLoop.scheduleTask(in: Self.finishTime) { bound.value.close(promise: nil) }
        context.close(mode: .output).whenComplete { _ in
            deadline.cancel()
            bound.value.close(promise: nil)
        }
    }

    /// A peer that does not read would keep the connection for ever otherwise.
    private static var finishTime: TimeAmount { .seconds(2) }

    // MARK: The channel

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        tell(.ended)
        owner = nil
        self.context = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) { tell(.message(unwrapInboundIn(data))) }

    package func read(context: ChannelHandlerContext) {
        guard isPaused else { return context.read() }
        isReadHeld = true
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        tell(.writable(context.channel.isWritable))
        context.fireChannelWritabilityChanged()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        tell(.ended)
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { tell(.stopping) }
        if let event = event as? ChannelEvent, event == .inputClosed { tell(.ended) }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { tell(.failure(error)) }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.succeed() }

    /// HTTP has nothing more to send, but the owner may.
    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        promise?.succeed()
    }
}
