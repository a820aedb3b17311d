package import PixelFlowCore
import Synchronization

/// A clock that a test controls.
package final class ManualClock: WallClock {
    private let base: @Sendable () -> Timestamp
    private let ahead = Mutex(Duration.zero)

    /// A clock that only moves when it is advanced.
    ///
    /// - Parameter start: by default 2026-01-01T00:00:00Z.
    package init(start: Timestamp = Timestamp(microseconds: 1_767_225_600_000_000)) { base = { start } }

    /// A clock that runs like `clock`, and is ahead of it once it is advanced.
    package init(ticking clock: any WallClock) { base = { clock.now() } }

    package func now() -> Timestamp { base() + ahead.withLock { $0 } }

    package func advance(by duration: Duration) { ahead.withLock { $0 += duration } }
}
