/// The rules of `TaskWorkerStore`, checked only through the ports.
package struct TaskWorkerStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture

    package init(_ fixture: TaskStoreFixture) { self.fixture = fixture }

    /// All rules.
    package static let cases: [ConformanceCase<TaskWorkerStoreConformance>] =
        waiting + claiming + fencing + completion + failures + concurrency
}
