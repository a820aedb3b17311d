import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import WireFormats

/// Requests the 100 (Continue) that a client waits for; sent down the pipeline when the body is first read.
struct ContinueRequest: Sendable {}

/// Enforces the limits of a connection: admits it, closes it after a timeout, and writes responses before any
/// route is reached. It is first in the pipeline and sees bytes; `RequestObserver` informs it about requests and responses.
///
/// `ConnectionState` has the rules; this is its shell, used only on its event loop.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// Long enough for a client to read a response, which closing the connection immediately would discard.
    private static let linger = TimeAmount.seconds(1)

    private let registry: ConnectionRegistry
    private let metrics: ConnectionMetrics?
    private var state: ConnectionState
    private var entry: ConnectionRegistry.Entry?
    private var context: ChannelHandlerContext?
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
    /// Set once the connection is closing: it is neither read from nor written to any more.
    private var isEnding = false
    private var isLingering = false
    /// Set if something other than a request arrives while earlier requests still need their responses.
    private var isLastResponseDue = false
    /// Set from the 101 until the handlers of the next protocol are installed; bytes that arrive earlier wait for them.
    private var isSwitching = false
    private var early: [ByteBuffer] = []
    private var isReadHeld = false
    /// Whether the client has closed its side.
    private(set) var hasInputEnded = false

    init(registry: ConnectionRegistry, metrics: ConnectionMetrics?) {
        self.registry = registry
        self.metrics = metrics
        state = ConnectionState(limits: registry.limits, now: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { admit(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    // MARK: Lifecycle of the connection

    func channelActive(context: ChannelHandlerContext) {
        admit(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasInputEnded = true
        leave()
        context.fireChannelInactive()
    }

    private func admit(_ context: ChannelHandlerContext) {
        guard entry == nil, !isEnding else { return }
        state = ConnectionState(limits: registry.limits, now: .now())
        let address = context.remoteAddress?.ipAddress.flatMap(IPAddress.peer)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        switch registry.open(from: address, evict: { loop.execute { bound.value.evict() } }) {
        case .admitted(let entry):
            self.entry = entry
            metrics?.opened()
            schedule()
        case .refused(let reason):
            refuse(reason)
        }
    }

    private func leave() {
        timer?.task.cancel()
        timer = nil
        if let entry {
            registry.close(entry)
            metrics?.closed()
        }
        entry = nil
        if isLingering { registry.endLingering() }
        isLingering = false
        isEnding = true
    }

    /// Closes the connection in favour of another, unless it has received a request in the meantime.
    private func evict() {
        guard let context, !isEnding, state.isWaiting else { return }
        metrics?.refused(.evicted)
        isEnding = true
        context.close(promise: nil)
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding, !isLastResponseDue else { return }
        guard !isSwitching else { return early.append(unwrapInboundIn(data)) }
        state.received(bytes: unwrapInboundIn(data).readableBytes, now: .now())
        context.fireChannelRead(data)
        if !isEnding, state.isHeaderTooLarge { refuse(.headerSize) }
        schedule()
    }

    func read(context: ChannelHandlerContext) {
        guard early.isEmpty else {
            isReadHeld = true
            return
        }
        state.readingChanged(isReading: true, now: .now())
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        state.readingChanged(isReading: false, now: .now())
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isEnding else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        state.writabilityChanged(isWritable: context.channel.isWritable, now: .now())
        schedule()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            hasInputEnded = true
            if isEnding { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Requests and responses, reported by `RequestObserver`

    func headerEnded(isHeld: Bool) {
        state.headerEnded(isHeld: isHeld, now: .now())
        entry?.setWaiting(false)
    }

    func bodyReceived(bytes: Int) {
        state.bodyReceived(bytes: bytes, now: .now())
        if state.isBodyUnwanted { endAfterResponse() }
    }

    func requestEnded() {
        state.requestEnded(now: .now())
        entry?.setWaiting(state.isWaiting)
    }

    func responseBegan() { state.responseBegan() }

    /// - Returns: whether this was the last response of this connection.
    func responseEnded() -> Bool {
        state.responseEnded(now: .now())
        entry?.setWaiting(state.isWaiting)
        schedule()
        return isLastResponseDue && !state.owesResponses
    }

    /// Writes 100 (Continue), which bypasses the encoder because it is not a final response.
    func sendContinue() {
        guard let context, !isEnding else { return }
        state.continued(now: .now())
        schedule()
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))), promise: nil)
    }

    func switching() { isSwitching = true }

    func upgraded() {
        state.upgraded()
        isSwitching = false
        guard let context else { return }
        let early = early
        self.early = []
        for bytes in early { context.fireChannelRead(wrapInboundOut(bytes)) }
        if !early.isEmpty { context.fireChannelReadComplete() }
        if isReadHeld { context.read() }
    }

    // MARK: Time

    /// Uses at most one timer per connection, which checks the current deadline when it fires, so that no request has to reschedule it.
    private func schedule() {
        guard !isEnding, let context, let deadline = state.nextDeadline(now: .now()) else { return }
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = (deadline, context.eventLoop.scheduleTask(deadline: deadline) { bound.value.timeUp() })
    }

    private func timeUp() {
        timer = nil
        guard !isEnding, let context else { return }
        switch state.check(now: .now()) {
        case .close:
            isEnding = true
            context.close(promise: nil)
        case .refuse(let reason): refuse(reason)
        case nil: schedule()
        }
    }

    // MARK: Closing

    /// Responds with a problem if a response is still possible, and closes the connection.
    func refuse(_ reason: ConnectionState.Refusal) {
        guard let context, !isEnding else { return }
        if state.owesResponses, reason == .malformed || reason == .headerSize {
            if !isLastResponseDue { metrics?.refused(reason) }
            isLastResponseDue = true
            return
        }
        metrics?.refused(reason)
        isEnding = true
        entry?.setWaiting(false)
        guard state.canRespond, let response = reason.response, beginLingering() else {
            context.close(promise: nil)
            return
        }
        context.writeAndFlush(wrapOutboundOut(.byteBuffer(response)), promise: nil)
        endSoon(context)
    }

    /// Closes the connection once its client has had time to read the response; further input is dropped.
    func endAfterResponse() {
        guard let context, !isEnding else { return }
        isEnding = true
        guard beginLingering() else {
            context.close(promise: nil)
            return
        }
        endSoon(context)
    }

    private func beginLingering() -> Bool {
        isLingering = registry.beginLingering()
        return isLingering
    }

    private func endSoon(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        context.read()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.linger) { bound.value.close(promise: nil) }
    }
}

extension ConnectionState.Refusal {
    /// The complete response, ready to be sent; nil if there is none.
    var response: ByteBuffer? { error.map { Problem($0, requestID: RequestID().description).closingResponse() } }

    private var error: (any Error)? {
        switch self {
        case .addressLimit, .totalLimit: PixelFlowError.tooManyConnections
        case .headerTimeout, .bodyTimeout: HTTPError(.requestTimeout)
        case .headerSize: HTTPError(.requestHeaderFieldsTooLarge)
        case .malformed: HTTPError(.badRequest)
        case .evicted, .readTimeout: nil
        }
    }
}
