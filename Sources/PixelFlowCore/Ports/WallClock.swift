import Foundation

/// Tells the time of day. A store judges leases by its own clock; tests move one by hand.
public protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// The clock of this machine.
public struct SystemClock: WallClock {
    public init() {}

    public func now() -> Timestamp { Timestamp(Date()) }
}
