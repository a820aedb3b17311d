package import NIOCore

/// A connection that continues without a task: its owner receives events and sends on the connection's event loop. A task would keep the
/// memory of its deepest call, which is several times what an idle connection otherwise needs.
///
/// A channel handler, placed after those that parse messages from the socket's bytes. Drops what HTTP handlers behind it still write, and
/// passes no input to them. Used only on its event loop.
package final class LoopConnection<Inbound, Outbound>: ChannelDuplexHandler {
    package typealias InboundIn = Inbound
    package typealias OutboundIn = Never
    package typealias OutboundOut = Outbound

    package enum Event {
        case message(Inbound)
        /// The peer has sent an invalid message; the handlers before this one have stopped reading.
        case failure(any Error)
        /// The connection's writability has changed.
        case writable(Bool)
        /// The process wants to stop and waits for the connection to close.
        case stopping
        /// The peer has closed its side or disconnected. This is the last event.
        case ended
    }

    private var context: ChannelHandlerContext?
    private var owner: ((Event) -> Void)?
    /// The events before there was an owner. Reading is suspended in the meantime.
    private var early: [Event] = []
    private var isPaused = true
    private var isReadHeld = false
    private var hasEnded = false

    /// - Parameter hasEnded: whether the peer is known to have closed its side.
    init(hasEnded: Bool = false) {
        if hasEnded { early = [.ended] }
    }

    /// Takes over a connection opened by this process. Must be called on the channel's event loop.
    package convenience init(atEndOf channel: any Channel) throws {
        self.init()
        try channel.pipeline.syncOperations.addHandler(self, position: .last)
    }

    /// Delivers events to `owner` from now on, starting with those that have already occurred. Releases `owner` when the connection has
    /// ended.
    package func start(_ owner: @escaping (Event) -> Void) {
        self.owner = owner
        let early = early
        self.early = []
        isPaused = false
        early.forEach(emit)
        // The owner may have paused reading while handling the earlier events.
        if !isPaused { resume() }
    }

    /// Call if the peer closed its side before this handler was installed.
    func endInput() { emit(.ended) }

    private func emit(_ event: Event) {
        guard !hasEnded else { return }
        guard let owner else { return early.append(event) }
        if case .ended = event { hasEnded = true }
        owner(event)
    }

    // MARK: Used by the owner

    /// Stops reading from the socket until `resume`. Data that has already been read is still delivered.
    package func pause() { isPaused = true }

    package func resume() {
        isPaused = false
        guard isReadHeld else { return }
        isReadHeld = false
        context?.read()
    }

    package var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Sends the messages, of which there must be at least one. The promise succeeds when the socket has accepted them.
    package func send(_ messages: [Outbound], promise: EventLoopPromise<Void>?) {
        guard let context, let last = messages.last else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        for message in messages.dropLast() { context.write(wrapOutboundOut(message), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(last), promise: promise)
    }

    /// Closes the connection immediately.
    package func close() { context?.close(promise: nil) }

    /// Closes the sending side once the socket has accepted everything.
    package func endOutput() { context?.close(mode: .output, promise: nil) }

    /// Closes the connection once the socket has accepted everything, or after `finishTime`.
    package func finish() {
        guard let context else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let deadline = context.eventLoop.scheduleTask(in: Self.finishTime) { bound.value.close(promise: nil) }
        context.close(mode: .output).whenComplete { _ in
            deadline.cancel()
            bound.value.close(promise: nil)
        }
    }

    /// Otherwise a peer that does not read could keep the connection open forever.
    private static var finishTime: TimeAmount { .seconds(2) }

    // MARK: Channel handler

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        emit(.ended)
        owner = nil
        self.context = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) { emit(.message(unwrapInboundIn(data))) }

    package func read(context: ChannelHandlerContext) {
        guard isPaused else { return context.read() }
        isReadHeld = true
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        emit(.writable(context.channel.isWritable))
        context.fireChannelWritabilityChanged()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        emit(.ended)
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { emit(.stopping) }
        if let event = event as? ChannelEvent, event == .inputClosed { emit(.ended) }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { emit(.failure(error)) }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.succeed() }

    /// HTTP has nothing more to send, but the owner may.
    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        promise?.succeed()
    }
}
