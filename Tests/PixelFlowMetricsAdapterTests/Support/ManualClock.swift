import KubernetesClient
import Synchronization

@testable import PixelFlowMetricsAdapter

/// A clock that stands still until it is moved.
final class ManualClock: Sendable {
    private let passed = Mutex(Duration.zero)
    private let start = ContinuousClock.now
    /// The time of day at the start.
    private let day: Timestamp

    init(_ day: Timestamp = .now) { self.day = day }

    func advance(by duration: Duration) { passed.withLock { $0 += duration } }

    var clock: AdapterClock {
        AdapterClock(
            now: { [self] in day.advanced(by: passed.withLock { $0 }) },
            uptime: { [self] in start + passed.withLock { $0 } })
    }
}
