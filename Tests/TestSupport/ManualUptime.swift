import Synchronization

/// A monotonic clock that a test controls.
package final class ManualUptime: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    package init() {}

    package var now: ContinuousClock.Instant { instant.withLock { $0 } }

    package func advance(by duration: Duration) { instant.withLock { $0 += duration } }
}
