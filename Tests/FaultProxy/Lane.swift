import NIOCore

/// One direction of a connection: reads from one channel, holds bytes according to the faults, and writes
/// to the other. Stops reading while much is held or the other side does not accept data.
final class Lane {
    /// The maximum number of bytes read ahead.
    private static let limit = 262_144

    private enum Item {
        case bytes(ByteBuffer)
        case end
    }

    private let source: any Channel
    private var sink: (any Channel)?
    private let faults: Faults
    /// Called with bytes immediately before they are written.
    private let inspect: (ByteBuffer) -> Void
    private var items: CircularBuffer<(item: Item, due: NIODeadline)> = []
    private var held = 0
    private var wantsToRead = false
    private var isEnded = false
    /// When all received bytes will have been sent at the limited rate.
    private var lineFree = NIODeadline.distantPast
    private var timer: Scheduled<Void>?

    init(from source: any Channel, faults: Faults, inspect: @escaping (ByteBuffer) -> Void) {
        self.source = source
        self.faults = faults
        self.inspect = inspect
    }

    /// Starts reading and writing.
    func open(to sink: any Channel) {
        self.sink = sink
        wantsToRead = true
        drain()
    }

    func receive(_ bytes: ByteBuffer) {
        held += bytes.readableBytes
        items.append((.bytes(bytes), due(after: bytes.readableBytes)))
        drain()
    }

    /// The source has ended. Held bytes are still sent first.
    func receiveEnd() {
        guard !isEnded else { return }
        isEnded = true
        items.append((.end, due(after: 0)))
        drain()
    }

    func readMore() {
        wantsToRead = true
        if held < Self.limit, !isEnded {
            wantsToRead = false
            source.read()
        }
    }

    /// Writes what is due, as far as the sink accepts it.
    func drain() {
        timer?.cancel()
        timer = nil
        guard let sink else { return }
        var hasWritten = false
        while !faults.isBlackHole, sink.isWritable || !sink.isActive, let next = items.first {
            let now = source.eventLoop.now
            guard next.due <= now else {
                wake(in: next.due - now)
                break
            }
            items.removeFirst()
            hasWritten = forward(next.item, to: sink) || hasWritten
        }
        if hasWritten { sink.flush() }
        if wantsToRead { readMore() }
    }

    /// - Returns: whether there is something to flush.
    private func forward(_ item: Item, to sink: any Channel) -> Bool {
        switch item {
        case .bytes(let bytes):
            held -= bytes.readableBytes
            inspect(bytes)
            sink.write(bytes, promise: nil)
            return true
        case .end:
            // If the source can still be written to, only one direction ends; a closed source ends both.
            let mode: CloseMode = source.isActive ? .output : .all
            sink.writeAndFlush(ByteBuffer()).whenComplete { _ in sink.close(mode: mode, promise: nil) }
            return false
        }
    }

    private func due(after count: Int) -> NIODeadline {
        let now = source.eventLoop.now
        lineFree = max(lineFree, now)
        if let speed = faults.bytesPerSecond {
            lineFree = lineFree + .nanoseconds(Int64(count) * 1_000_000_000 / Int64(max(1, speed)))
        }
        return lineFree + TimeAmount(faults.latency)
    }

    private func wake(in time: TimeAmount) {
        timer = source.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in self?.drain() }
    }
}
