import Foundation

/// Provides wall-clock time. A store uses its own clock for leases; tests control theirs.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// The clock of this machine.
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> Timestamp { Timestamp(Date()) }
}
