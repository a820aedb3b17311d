import Metrics
import NIOCore
import Synchronization

/// An event as it goes over the wire: encoded once and shared by every stream that it is sent on. It counts as held until the
/// last of them has sent it.
final class EncodedEvent: Sendable {
    let bytes: ByteBuffer
    private let held: HeldBytes

    init(_ bytes: ByteBuffer, held: HeldBytes) {
        self.bytes = bytes
        self.held = held
        held.add(bytes.readableBytes)
    }

    deinit { held.add(-bytes.readableBytes) }
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
