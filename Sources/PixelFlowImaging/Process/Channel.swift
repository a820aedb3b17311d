import CSandbox
import Glibc
import WireFormats

/// One end of the socket between the service and a render process.
struct Channel {
    let descriptor: Int32

    enum Arrival: Equatable {
        case message(WireMessage)
        /// The peer is gone or has sent an invalid message.
        case closed
        case timedOut
    }

    /// Whether the peer is still connected.
    var isOpen: Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&entry, 1, 0) == 0
    }

    /// - Returns: false if the peer is gone.
    func send(_ message: WireMessage) -> Bool {
        message.words.withUnsafeBytes { bytes in
            var sent: Int
            repeat {
                sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            } while sent < 0 && errno == EINTR
            return sent == bytes.count
        }
    }

    /// Blocks until a message arrives or the deadline passes; without a deadline, indefinitely.
    func receive(until deadline: ContinuousClock.Instant? = nil) -> Arrival {
        if let deadline, !waits(until: deadline) { return .timedOut }
        return withUnsafeTemporaryAllocation(byteCount: WireMessage.size + 1, alignment: 8) { buffer in
            var received: Int
            repeat { received = recv(descriptor, buffer.baseAddress, buffer.count, 0) } while received < 0 && errno == EINTR
            guard received > 0, let message = WireMessage(UnsafeRawBufferPointer(rebasing: buffer[0..<received])) else { return .closed }
            return .message(message)
        }
    }

    private func waits(until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let rest = ContinuousClock.now.duration(to: deadline)
            let milliseconds = max(0, rest.milliseconds)
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(clamping: milliseconds + 1))
            if ready > 0 { return true }
            if ready == 0 && ContinuousClock.now >= deadline { return false }
        }
    }
}
