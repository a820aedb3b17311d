/// How long a watch waits before it reconnects.
struct WatchBackoff: Sendable {
    let shortest: Duration
    let longest: Duration

    /// The values of Kubernetes' own clients: from 0.8 s, doubling up to 30 s, each reduced by a random part of up to a half.
    static let standard = WatchBackoff(shortest: .milliseconds(800), longest: .seconds(30))

    struct Counter {
        var failures = 0
        /// Whether the current interruption has been reported to the reader.
        var isReported = false

        mutating func reset() { self = Counter() }
    }

    /// Zero after the first disconnect, because servers end most watches routinely.
    func pause(after counter: inout Counter) -> Duration {
        defer { counter.failures += 1 }
        guard counter.failures > 0 else { return .zero }
        let doubled = shortest * (1 << min(counter.failures - 1, 10))
        return min(doubled, longest) * Double.random(in: 0.5...1)
    }
}
