/// The rules of `TaskOwnerStore`, checked only through the ports.
package struct TaskOwnerStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture

    package init(_ fixture: TaskStoreFixture) { self.fixture = fixture }

    /// All rules.
    package static let cases: [ConformanceCase<TaskOwnerStoreConformance>] =
        creation + tenancy + cancelling + replaying + deleting + listing + changing + statistics + durability
}
