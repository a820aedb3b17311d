import Conformance
import FaultProxy
import PixelFlowCore
import PixelFlowMongo
import Testing

/// Quotas with several processes on one database, and with processes that die between any two writes.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct AdmissionTests {
    /// Creates `count` tasks concurrently, distributed over the stores in turn.
    ///
    /// - Returns: how many were within the quotas.
    private func admitted(_ count: Int, by stores: [MongoTaskStore]) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<count {
                let store = stores[number % stores.count]
                group.addTask {
                    do {
                        _ = try await store.add()
                        return true
                    } catch let error as PixelFlowError where error.code == "quota_exceeded" {
                        return false
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    @Test(arguments: [Quota(tasksInFlight: 12), Quota(tasksPerMonth: 12), Quota(bytesStored: 12)])
    func replicasAdmitExactlyTheQuota(quota: Quota) async throws {
        try await TestDatabase.with { database in
            let stores = try (0..<4).map { _ in try database.store() }
            try await stores[0].setQuota(quota, of: Sample.tenant)
            #expect(try await admitted(24, by: stores) == 12)
            #expect(try await stores[0].usage(of: Sample.tenant).now.tasksInFlight == 12)
        }
    }

    /// A killed process never sees the reply to its write, whether or not the write took effect.
    @Test(arguments: ["reserved", "insert\0"])
    func aKilledProcessLeavesCountsConsistent(write: String) async throws {
        try await TestProxy.with { proxy, killed, database in
            let clock = ManualClock(start: SystemClock().now())
            let survivor = try database.store(clock: clock)
            try await survivor.setQuota(Quota(tasksInFlight: 3), of: Sample.tenant)
            _ = try await survivor.add()
            // The command and its retry.
            proxy.cutReplies(next: 2, toRequestsContaining: write)
            await #expect(throws: PixelFlowError.self) { try await killed.create(Sample.task()) }
            let stored = try await survivor.list(TaskQuery(tenant: Sample.tenant)).tasks.count
            // Never more than the quota, whatever state the process left.
            let atOnce = try await admitted(4, by: [survivor])
            #expect(stored + atOnce <= 3)
            clock.advance(by: .seconds(120))
            #expect(try await admitted(4, by: [survivor]) == 3 - stored - atOnce)
            let usage = try await survivor.usage(of: Sample.tenant)
            let tasks = try await survivor.list(TaskQuery(tenant: Sample.tenant)).tasks.count
            #expect(tasks == 3)
            #expect(usage.now.tasksInFlight == tasks)
            #expect(usage.days.map(\.created).reduce(0, +) == tasks)
        }
    }
}
