package import PixelFlowCore
import Synchronization

/// A clock that a test controls.
package final class ManualClock: WallClock {
    private let time: Mutex<Timestamp>

    /// - Parameter start: by default 2026-01-01T00:00:00Z.
    package init(start: Timestamp = Timestamp(microseconds: 1_767_225_600_000_000)) { time = Mutex(start) }

    package func now() -> Timestamp { time.withLock { $0 } }

    package func advance(by duration: Duration) {
        time.withLock { $0 = $0 + duration }
    }
}
