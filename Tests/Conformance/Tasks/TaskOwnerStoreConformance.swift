/// The rules of `TaskOwnerStore`, checked through the ports alone.
package struct TaskOwnerStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture

    package init(_ fixture: TaskStoreFixture) { self.fixture = fixture }

    /// Every rule.
    package static let cases: [ConformanceCase<TaskOwnerStoreConformance>] =
        creation + tenancy + cancelling + replaying + deleting + listing + changing + statistics + durability
}
