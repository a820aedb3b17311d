import Metrics
import NIOCore
import Synchronization

/// A change in its wire format, encoded once and shared by all streams that send it. Counts as held until the last of them has sent it.
final class EncodedEvent: Sendable {
    private let event: ServerSentEvent
    private let held: HeldBytes?
    /// The event as a message of `text/event-stream`.
    let serverSent: ByteBuffer

    /// - Parameter held: the counter of held bytes; nil for an event that is sent immediately.
    init(_ event: ServerSentEvent, held: HeldBytes? = nil) {
        self.event = event
        self.held = held
        var buffer = ByteBuffer()
        event.write(to: &buffer)
        serverSent = buffer
        held?.add(size)
    }

    deinit { held?.add(-size) }

    /// The approximate number of bytes on a socket.
    var size: Int { serverSent.readableBytes }

    /// The event as a WebSocket message: `{"type":…,"id":…,"data":…}`.
    var message: ByteBuffer {
        var buffer = ByteBuffer(string: #"{"type":"\#(event.event)","id":"\#(event.id)","data":"#)
        buffer.writeImmutableBuffer(event.data)
        buffer.writeString("}")
        return buffer
    }
}

/// The bytes of all events waiting to be sent, with each event counted once.
final class HeldBytes: Sendable {
    private let bytes = Atomic<Int>(0)
    private let meter: Meter

    init(_ meter: Meter) { self.meter = meter }

    var count: Int { bytes.load(ordering: .relaxed) }

    fileprivate func add(_ amount: Int) {
        bytes.add(amount, ordering: .relaxed)
        meter.increment(by: Double(amount))
    }
}
