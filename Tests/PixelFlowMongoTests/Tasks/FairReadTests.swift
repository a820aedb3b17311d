import Conformance
import PixelFlowCore
import PixelFlowMongo
import Synchronization
import Testing

/// The reads of one tenant leave connections for everyone else.
@Suite(.enabled(if: TestServer.isThere, TestServer.absence))
struct FairReadTests {
    @Test(arguments: [(1, 1, 1), (4, 3, 1), (8, 6, 3), (256, 192, 96)])
    func tenantsUseAPartOfTheConnections(pool: Int, permits: Int, ofOne: Int) throws {
        var settings = MongoSettings(url: "mongodb://localhost")
        settings.poolSize = pool
        #expect(settings.readLimits.permits == permits)
        #expect(settings.readLimits.permitsOfOneKey == ofOne)
    }

    @Test func aReadOvertakesTheManyOfAnotherTenant() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            for _ in 0..<5 { _ = try await store.create(Sample.task()) }
            let done = Count()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        _ = try await store.list(TaskQuery(tenant: Sample.tenant, limit: 5))
                        done.add()
                    }
                }
                _ = try await eventually("the first list") { done.value > 0 ? true : nil }
                _ = try await store.list(TaskQuery(tenant: TenantID("tenant-b"), limit: 5))
                #expect(done.value < 24, "the other tenant had to be done first")
                try await group.waitForAll()
            }
        }
    }
}

private final class Count: Sendable {
    private let count = Mutex(0)
    func add() { count.withLock { $0 += 1 } }
    var value: Int { count.withLock { $0 } }
}
