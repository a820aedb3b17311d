import Conformance
import FaultProxy
import Foundation
import PixelFlowCore
import PixelFlowMongo
import Testing

@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct OutageTests {
    @Test func aStoppedServerIsAnOutageUntilItIsBack() async throws {
        try await TestProxy.with(timeout: .seconds(1)) { proxy, store, _ in
            let task = try await store.add()
            try await proxy.refuseConnections()
            await proxy.cutConnections()
            await expectOutage { try await store.check() }
            await expectOutage { _ = try await store.create(Sample.task()) }
            await expectOutage { _ = try await store.claim(task.id, by: Sample.worker) }
            try await proxy.acceptConnections()
            try await eventually(within: .seconds(30), "the server is reached again") { try? await store.check() }
            let claimed = try await eventually(within: .seconds(30), "a claim") { try? await store.claim(task.id, by: Sample.worker) }
            #expect(claimed.status == .processing)
        }
    }

    @Test func brokenConnectionsAreNotNoticed() async throws {
        try await TestProxy.with { proxy, store, _ in
            for _ in 0..<3 {
                let task = try await store.add()
                await proxy.cutConnections()
                #expect(try await store.find(task.id, of: Sample.tenant) == task)
                await proxy.cutConnections()
                #expect(try await store.claim(task.id, by: Sample.worker)?.epoch == 1)
            }
        }
    }

    @Test func aSilentServerIsAnOutageAfterTheTimeout() async throws {
        try await TestProxy.with { proxy, _, database in
            let store = try database.behind(port: proxy.port).store(timeout: .seconds(2))
            try await eventually(within: .seconds(30), "the server is reached") { try? await store.check() }
            proxy.setBlackHole(true)
            let start = ContinuousClock.now
            await expectOutage { try await store.check() }
            #expect(ContinuousClock.now - start < .seconds(15))
            proxy.setBlackHole(false)
        }
    }

    @Test func aStoreMayBeOpenedBeforeItsServer() async throws {
        try await TestProxy.with { proxy, _, database in
            try await proxy.refuseConnections()
            await proxy.cutConnections()
            let store = try database.behind(port: proxy.port).store(timeout: .seconds(1))
            await expectOutage { try await store.check() }
            await expectOutage { _ = try await store.create(Sample.task()) }
            try await proxy.acceptConnections()
            try await eventually(within: .seconds(30), "the server is reached") { try? await store.check() }
            // The indexes exist: of two tasks with the same key, only one is added.
            _ = try await store.add(Sample.task(key: "k"))
            guard case .existing = try await store.create(Sample.task(key: "k")) else {
                Issue.record("two tasks with one key")
                return
            }
        }
    }

    @Test func anyNumberOfStoresMayOpenSimultaneously() async throws {
        try await TestDatabase.with { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 { group.addTask { try await database.store().check() } }
                try await group.waitForAll()
            }
            let store = try database.store()
            _ = try await store.add(Sample.task(key: "k"))
            let again = try await store.create(Sample.task(key: "k"))
            if case .created = again { Issue.record("two tasks with one key") }
        }
    }

    @Test func invalidCredentialsAreReportedAndNotShown() async throws {
        var address = try #require(URLComponents(string: TestServer.url ?? ""))
        address.user = "somebody"
        address.password = "hush-hush"
        address.path = "/pixelflow_test_none"
        let store = try MongoTaskStore(MongoSettings(url: try #require(address.string)))
        let error = await #expect(throws: PixelFlowError.self) { try await store.check() }
        #expect(error?.code == "task_database_refused")
        #expect(error?.retry == .outage)
        #expect(error.map { "\($0)".contains("hush-hush") } == false)
    }

    private func expectOutage(_ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async {
        let error = await #expect(throws: PixelFlowError.self, sourceLocation: sourceLocation) { try await body() }
        #expect(error?.retry == .outage, sourceLocation: sourceLocation)
        #expect(error?.code == "task_database_unavailable", sourceLocation: sourceLocation)
    }
}
