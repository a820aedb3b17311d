import PixelFlowCore

/// An estimate of a server's clock from samples, as lower and upper bounds.
///
/// Times are microseconds; `local` times are those of a monotonic clock of this process.
struct ClockEstimate: Sendable {
    /// A reading of the server's clock.
    struct Sample: Sendable {
        /// When the request was sent and when the response arrived.
        var sent: Int64
        var received: Int64
        /// The time of the server, truncated to milliseconds.
        var serverMilliseconds: Int64
    }

    /// The maximum drift between two clocks in parts per million: five times the drift of server crystals, and the
    /// maximum slew rate of time daemons.
    private static let drift: Int64 = 500

    private var bounds: ClosedRange<Int64>
    private var at: Int64

    init(_ sample: Sample) {
        bounds = Self.bounds(of: sample)
        at = sample.received
    }

    /// Narrows the bounds. If the sample contradicts them, the server's clock was changed or another
    /// server is now the primary, and only the sample counts.
    mutating func add(_ sample: Sample) {
        let known = self.bounds(at: sample.received)
        let seen = Self.bounds(of: sample)
        bounds = known.overlaps(seen) ? known.clamped(to: seen) : seen
        at = sample.received
    }

    /// Server time minus local time.
    func bounds(at local: Int64) -> ClosedRange<Int64> {
        let drifted = max(0, local - at) * Self.drift / 1_000_000
        return (bounds.lowerBound - drifted)...(bounds.upperBound + drifted)
    }

    private static func bounds(of sample: Sample) -> ClosedRange<Int64> {
        let shown = sample.serverMilliseconds * 1000
        // The response was written between `sent` and `received`, within that millisecond.
        return (shown - sample.received)...max(shown - sample.received, shown + 999 - sample.sent)
    }
}
