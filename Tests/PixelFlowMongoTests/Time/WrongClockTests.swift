import Conformance
import Foundation
import PixelFlowCore
import PixelFlowMongo
import Testing

/// A process whose own clock is wrong by an hour still uses the server's time.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct WrongClockTests {
    @Test(arguments: [Duration.seconds(3600), .seconds(-3600)])
    func leasesFollowTheServerClock(difference: Duration) async throws {
        try await withShiftedClock(by: difference) { store in
            func now() -> Timestamp { SystemClock().now() + difference }
            let earliest = now()
            let claimed = try await store.addClaimed()
            let until = try #require(claimed.lease?.until)
            #expect(until > earliest + TaskPolicy.brief.leaseDuration - .milliseconds(5))
            // It is that of the latest time that the server's clock may show, so a slow connection prolongs it.
            #expect(until < now() + TaskPolicy.brief.leaseDuration + .seconds(60))
            if now() < until - .milliseconds(5) {
                let early = try await store.expireLeases(limit: 10)
                #expect(early.isEmpty || now() >= until)
            }
            let lost = try await eventually("the lease runs out") { try await store.expireLeases(limit: 10).first }
            #expect(lost.losses == 1)
            #expect(now() >= until)
            #expect(try await store.renew(claimed.claim) == .lost)
        }
    }

    /// The rules about times compare them with the server's clock, not with that of the process that checks them.
    @Test(arguments: TaskOwnerStoreConformance.cases.filter { $0.name.contains("clock") })
    func rulesAboutTimesFollowTheServerClock(rule: ConformanceCase<TaskOwnerStoreConformance>) async throws {
        try await withShiftedClock(by: .seconds(5)) { store in
            try await rule.run { TaskOwnerStoreConformance(try await .onServerClock(store) { store }) }
        }
    }

    private func withShiftedClock(by difference: Duration, _ body: (MongoTaskStore) async throws -> Void) async throws {
        let server = try #require(URLComponents(string: TestServer.url ?? ""))
        let proxy = try await ShiftedClockProxy.start(
            to: server.host ?? "127.0.0.1", port: server.port ?? 27017, shift: difference)
        try await TestDatabase.with { database in
            try await body(try database.behind(port: proxy.port).store(policy: .brief))
        }
        try await proxy.stop()
    }
}
