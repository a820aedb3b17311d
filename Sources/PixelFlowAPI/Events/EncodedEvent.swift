import Metrics
import NIOCore
import Synchronization

/// A change as it goes over the wire: encoded once and shared by every stream that it is sent on. It counts as held until the
/// last of them has sent it.
final class EncodedEvent: Sendable {
    private let event: ServerSentEvent
    private let held: HeldBytes?
    /// As a message of `text/event-stream`.
    let serverSent: ByteBuffer

    /// - Parameter held: where it counts; nil for an event that is sent at once.
    init(_ event: ServerSentEvent, held: HeldBytes? = nil) {
        self.event = event
        self.held = held
        var buffer = ByteBuffer()
        event.write(to: &buffer)
        serverSent = buffer
        held?.add(size)
    }

    deinit { held?.add(-size) }

    /// Bytes that it takes on a socket, about.
    var size: Int { serverSent.readableBytes }

    /// As a message of a WebSocket: `{"type":…,"id":…,"data":…}`.
    var message: ByteBuffer {
        var buffer = ByteBuffer(string: #"{"type":"\#(event.event)","id":"\#(event.id)","data":"#)
        buffer.writeImmutableBuffer(event.data)
        buffer.writeString("}")
        return buffer
    }
}

/// The bytes of all events that wait to be sent, each event counted once.
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
