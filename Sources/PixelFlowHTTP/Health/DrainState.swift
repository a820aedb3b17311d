import Synchronization

/// Whether this process is on its way out. Once set, `/readyz` says so and no new work is sent here.
package final class DrainState: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isDraining: Bool { flag.load(ordering: .relaxed) }

    /// There is no way back.
    package func drain() { flag.store(true, ordering: .relaxed) }
}
