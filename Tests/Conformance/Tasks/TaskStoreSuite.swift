package import PixelFlowCore

/// The ports that the suites use.
package typealias SuiteStore = TaskStore & UsageStore & EndedTaskStore

/// A task store to check, with its policy and clock.
///
/// A store that accepts a clock uses a `ManualClock` and the standard policy; a server has its
/// own clock, and uses `TaskPolicy.brief` to keep waits short.
package struct TaskStoreFixture: Sendable {
    let store: any SuiteStore
    let policy: TaskPolicy
    let clock: ManualClock?
    let time: (@Sendable () async throws -> ClosedRange<Timestamp>)?
    let reopen: @Sendable () async throws -> any SuiteStore

    /// - Parameters:
    ///   - policy: the policy of `store`.
    ///   - clock: the clock of `store`; nil if it has its own.
    ///   - time: reads the clock of a store that has that of a server, of which it knows only bounds. Nil if it is that of this process.
    ///   - reopen: closes what `store` uses and opens the same data again.
    package init(
        store: any SuiteStore, policy: TaskPolicy, clock: ManualClock?,
        time: (@Sendable () async throws -> ClosedRange<Timestamp>)? = nil,
        reopen: @escaping @Sendable () async throws -> any SuiteStore
    ) {
        self.store = store
        self.policy = policy
        self.clock = clock
        self.time = time
        self.reopen = reopen
    }
}

/// The rules of one role of a task store. The other roles create the required state.
protocol TaskStoreSuite: Sendable {
    var fixture: TaskStoreFixture { get }
}

extension TaskStoreSuite {
    typealias Case = ConformanceCase<Self>

    var owner: any TaskOwnerStore { fixture.store }
    var worker: any TaskWorkerStore { fixture.store }
    var dispatcher: any TaskDispatchStore { fixture.store }
    var usage: any UsageStore & EndedTaskStore { fixture.store }
    var policy: TaskPolicy { fixture.policy }
    var clock: ManualClock? { fixture.clock }

    /// Opens the same data again.
    func reopen() async throws -> any SuiteStore { try await fixture.reopen() }
}

extension TaskPolicy {
    /// The protocol with short times, for stores whose clock cannot be controlled.
    package static let brief = TaskPolicy(
        leaseDuration: .milliseconds(400), renewInterval: .milliseconds(100), renewDeadline: .milliseconds(300),
        maxLosses: 3, suspectLosses: 2, publishTimeout: .milliseconds(200), redispatchInterval: .milliseconds(400),
        redispatchIntervalLimit: .seconds(4),
        retryBase: .milliseconds(50), retryLimit: .milliseconds(200), retryAfterLimit: .milliseconds(600))
}
