/// The rules of `TaskWorkerStore`, checked through the ports alone.
package struct TaskWorkerStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture

    package init(_ fixture: TaskStoreFixture) { self.fixture = fixture }

    /// Every rule.
    package static let cases: [ConformanceCase<TaskWorkerStoreConformance>] =
        waiting + claiming + fencing + completion + failures + concurrency
}
