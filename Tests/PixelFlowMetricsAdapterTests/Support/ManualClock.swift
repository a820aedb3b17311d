import KubernetesClient
import TestSupport

@testable import PixelFlowMetricsAdapter

/// A clock that stands still until it is moved.
final class ManualClock: Sendable {
    private let uptime = ManualUptime()
    private let start: ContinuousClock.Instant
    /// The time of day at the start.
    private let day: Timestamp

    init(_ day: Timestamp = .now) {
        self.day = day
        start = uptime.now
    }

    func advance(by duration: Duration) { uptime.advance(by: duration) }

    var clock: AdapterClock {
        AdapterClock(
            now: { [self] in day.advanced(by: uptime.now - start) },
            uptime: { [self] in uptime.now })
    }
}
