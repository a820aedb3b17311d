import PixelFlowCore
import Testing

@Suite struct ChangeVersionsTests {
    private typealias Change = (task: TaskID, tenant: TenantID)

    private let ada: Change = (TaskID("a"), TenantID("ada"))
    private let bob: Change = (TaskID("b"), TenantID("bob"))

    @Test func aChangeAffectsItsTaskAndItsTenant() {
        let versions = ChangeVersions()
        let before = (versions.version(ofTasksOf: ada.tenant), versions.version(of: ada.task), versions.version(ofTasksOf: bob.tenant))
        versions.change([ada])
        #expect(versions.version(ofTasksOf: ada.tenant) != before.0)
        #expect(versions.version(of: ada.task) != before.1)
        #expect(versions.version(ofTasksOf: bob.tenant) == before.2)
        #expect(versions.version(of: bob.task) == before.2)
    }

    @Test func thereIsNoVersionDuringAWrite() {
        let versions = ChangeVersions()
        let before = versions.version(of: ada.task)
        versions.begin([ada])
        versions.begin([ada])
        #expect(versions.version(of: ada.task) == nil && versions.version(ofTasksOf: ada.tenant) == nil)
        #expect(versions.version(of: bob.task) != nil)
        versions.end([ada])
        #expect(versions.version(of: ada.task) == nil)
        versions.end([ada])
        #expect(versions.version(of: ada.task) != nil && versions.version(of: ada.task) != before)
    }

    @Test func changeAllChangesEveryVersion() {
        let versions = ChangeVersions()
        versions.change([ada])
        let before = [versions.version(of: ada.task), versions.version(ofTasksOf: bob.tenant)]
        versions.changeAll()
        #expect(zip(before, [versions.version(of: ada.task), versions.version(ofTasksOf: bob.tenant)]).allSatisfy { $0 != $1 })
    }

    /// A repeated version would look as if nothing had changed.
    @Test func aForgottenEntryNeverGetsAnEarlierVersion() {
        let versions = ChangeVersions(capacity: 3)
        var seen: [TenantID: Set<UInt64>] = [:]
        for number in 0..<200 {
            let tenant = TenantID("tenant-\(number % 7)")
            versions.change([(TaskID("task-\(number)"), tenant)])
            let version = versions.version(ofTasksOf: tenant) ?? 0
            #expect(seen[tenant, default: []].insert(version).inserted)
        }
    }
}
