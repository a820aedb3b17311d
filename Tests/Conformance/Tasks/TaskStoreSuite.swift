package import PixelFlowCore

/// What the suites are about.
package typealias SuiteStore = TaskStore & UsageStore & EndedTaskStore

/// A task store to check, and what it goes by.
///
/// A store that takes a clock is given a `ManualClock` and the standard policy; a server keeps its
/// own time, and is given `TaskPolicy.brief` so that waiting is short.
package struct TaskStoreFixture: Sendable {
    let store: any SuiteStore
    let policy: TaskPolicy
    let clock: ManualClock?
    let reopen: @Sendable () async throws -> any SuiteStore

    /// - Parameters:
    ///   - policy: the one that `store` goes by.
    ///   - clock: the one that `store` goes by; nil if it has its own.
    ///   - reopen: closes what `store` uses and opens the same data anew.
    package init(
        store: any SuiteStore, policy: TaskPolicy, clock: ManualClock?,
        reopen: @escaping @Sendable () async throws -> any SuiteStore
    ) {
        self.store = store
        self.policy = policy
        self.clock = clock
        self.reopen = reopen
    }
}

/// The rules of one role of a task store. The other roles bring tasks to where a rule is about them.
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

    /// The same data, opened anew.
    func reopen() async throws -> any SuiteStore { try await fixture.reopen() }
}

extension TaskPolicy {
    /// The protocol in a hurry, for stores whose clock cannot be moved.
    package static let brief = TaskPolicy(
        leaseDuration: .milliseconds(400), renewInterval: .milliseconds(100), renewDeadline: .milliseconds(300),
        maxLosses: 3, suspectLosses: 2, publishTimeout: .milliseconds(200), redispatchInterval: .milliseconds(400),
        redispatchIntervalLimit: .seconds(4),
        retryBase: .milliseconds(50), retryLimit: .milliseconds(200), retryAfterLimit: .milliseconds(600))
}
