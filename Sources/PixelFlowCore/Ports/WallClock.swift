import Foundation

/// Provides the time of day. A store judges leases by its own clock; tests use one that they move.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// The clock of this machine.
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> Timestamp { Timestamp(Date()) }
}
