/// How long a watch waits before it connects again.
struct WatchBackoff: Sendable {
    let shortest: Duration
    let longest: Duration

    /// As Kubernetes' own clients: from 0.8 s, doubling, to 30 s, give or take a half.
    static let standard = WatchBackoff(shortest: .milliseconds(800), longest: .seconds(30))

    struct Counter {
        var failures = 0
        /// Whether the current interruption has been reported to the reader.
        var isReported = false

        mutating func reset() { self = Counter() }
    }

    /// Nothing after the first end, for most are the server's ordinary ones.
    func pause(after counter: inout Counter) -> Duration {
        defer { counter.failures += 1 }
        guard counter.failures > 0 else { return .zero }
        let doubled = shortest * (1 << min(counter.failures - 1, 10))
        return min(doubled, longest) * Double.random(in: 0.5...1)
    }
}
