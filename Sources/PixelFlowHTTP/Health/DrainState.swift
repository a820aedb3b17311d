import Synchronization

/// Whether this process is on its way out. Once set, `/readyz` says so and no new work is sent here.
public final class DrainState: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public var isDraining: Bool { flag.load(ordering: .relaxed) }

    /// There is no way back.
    public func drain() { flag.store(true, ordering: .relaxed) }
}
