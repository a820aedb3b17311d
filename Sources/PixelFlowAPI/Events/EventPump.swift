import NIOCore

/// Takes the events of a stream from its queue and sends them as fast as the socket accepts them. Runs on the event loop of the connection,
/// so that an idle stream needs no task. Holds the stream's slot in the hub until it stops.
final class EventPump {
    let stream: EventStream
    private let eventLoop: any EventLoop
    private var open: OpenEventStream?
    private var outlet: (any EventOutlet)?
    private var isStarted = false
    private var isSending = false

    init(_ open: OpenEventStream, to outlet: any EventOutlet, on eventLoop: any EventLoop) {
        self.open = open
        self.outlet = outlet
        self.eventLoop = eventLoop
        stream = open.stream
        let pump = NIOLoopBound(self, eventLoop: eventLoop)
        stream.attach(
            wake: { eventLoop.execute { pump.value.pump() } },
            abort: { eventLoop.execute { pump.value.outlet?.abort() } })
    }

    /// Call after the missed changes have been sent; new events follow.
    func start() {
        isStarted = true
        pump()
    }

    /// Call when the connection ends.
    func stop() {
        stream.detach()
        open = nil
        outlet = nil
    }

    private func pump() {
        guard isStarted, !isSending, let outlet else { return }
        switch stream.next() {
        case .send(let events): send(events.map(EventMessage.change), to: outlet)
        case .beat: send([.heartbeat], to: outlet)
        case .wait: break
        case .end(let reason) where reason.needsReset: send([.reset], to: outlet, ending: reason)
        case .end(let reason): end(reason, outlet)
        }
    }

    private func send(_ messages: [EventMessage], to outlet: any EventOutlet, ending reason: EventQueue.End? = nil) {
        isSending = true
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            // Count the messages as held until here, because their bytes are still in memory.
            withExtendedLifetime(messages) {}
            self.isSending = false
            // A failed connection is about to report its end.
            guard case .success = result, let outlet = self.outlet else { return }
            self.stream.sent()
            if let reason { self.end(reason, outlet) } else { self.pump() }
        }
        outlet.send(messages, promise: promise)
    }

    private func end(_ reason: EventQueue.End, _ outlet: any EventOutlet) {
        stop()
        outlet.end(reason)
    }
}
