/// The rules of `TaskDispatchStore`, checked through the ports alone.
package struct TaskDispatchStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture

    package init(_ fixture: TaskStoreFixture) { self.fixture = fixture }

    /// Every rule.
    package static let cases: [ConformanceCase<TaskDispatchStoreConformance>] =
        dispatch + turns + leases + outbox + deleted
}
