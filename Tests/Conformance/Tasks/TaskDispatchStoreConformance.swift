/// The rules of `TaskDispatchStore`, checked only through the ports.
package struct TaskDispatchStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture

    package init(_ fixture: TaskStoreFixture) { self.fixture = fixture }

    /// All rules.
    package static let cases: [ConformanceCase<TaskDispatchStoreConformance>] =
        dispatch + turns + leases + outbox + deleted
}
