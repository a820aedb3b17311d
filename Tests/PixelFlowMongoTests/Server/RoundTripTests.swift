import Metrics
import MetricsTestKit
import PixelFlowCore
import PixelFlowMongo
import Testing

/// Round trips as the metrics report them, and proof that a task needs few of them.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct RoundTripTests {
    @Test func aTaskTakesFourRoundTrips() async throws {
        try await withMeteredStore { store, metrics in
            let before = roundTrips(metrics)
            let claimed = try await store.addClaimed()
            let done = try await store.complete(claimed.claim, with: Sample.manifest(of: claimed))
            #expect(done?.status == .completed)
            #expect(roundTrips(metrics) - before == 4)
        }
    }

    @Test func concurrentTasksShareRoundTrips() async throws {
        try await withMeteredStore { store, metrics in
            let before = roundTrips(metrics)
            let count = 64
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        let claimed = try await store.addClaimed()
                        #expect(try await store.complete(claimed.claim, with: Sample.manifest(of: claimed)) != nil)
                    }
                }
                try await group.waitForAll()
            }
            #expect(roundTrips(metrics) - before < count * 2)
        }
    }

    @Test func acknowledgementsOfManyTasksShareARoundTrip() async throws {
        try await withMeteredStore { store, metrics in
            var events: [TaskID: Set<String>] = [:]
            for _ in 0..<5 {
                let claimed = try await store.addClaimed()
                let done = try #require(try await store.complete(claimed.claim, with: Sample.manifest(of: claimed)))
                events[done.id] = Set(done.outbox.map(\.id))
            }
            let before = roundTrips(metrics)
            try await store.acknowledge(events: events)
            #expect(roundTrips(metrics) - before == 1)
            #expect(try await store.unpublished(olderThan: .zero, limit: 10).isEmpty)
        }
    }

    @Test func cachedOrganisationsAreCounted() async throws {
        try await withMeteredStore { store, metrics in
            func count(_ cache: String, _ result: String) throws -> Int {
                Int(try metrics.expectCounter("cache_requests_total", [("cache", cache), ("result", result)]).totalValue)
            }
            let tenant = TenantID("measured")
            let before = (hits: try count("quotas", "hit"), misses: try count("quotas", "miss"))
            for _ in 0..<3 { #expect(try await store.quota(of: tenant) == .unlimited) }
            #expect(try count("quotas", "miss") - before.misses == 1)
            #expect(try count("quotas", "hit") - before.hits == 2)
        }
    }

    @Test func thePoolIsMeasured() async throws {
        try await withMeteredStore { store, metrics in
            _ = try await store.add()
            #expect(try metrics.expectGauge("database_pool_waiting", [("backend", "mongodb")]).lastValue == 0)
            #expect(try metrics.expectGauge("database_pool_connections", [("backend", "mongodb"), ("state", "busy")]).lastValue == 0)
            #expect(try metrics.expectGauge("database_pool_connections", [("backend", "mongodb"), ("state", "idle")]).lastValue ?? 0 > 0)
            let timer = try metrics.expectTimer("database_request_duration_seconds", [("backend", "mongodb"), ("operation", "create")])
            #expect(timer.values.count == 2)
        }
    }

    private func withMeteredStore(_ body: (MongoTaskStore, TestMetrics) async throws -> Void) async throws {
        try await TestDatabase.with { database in
            let metrics = TestMetrics()
            let store = try MongoTaskStore(database.settings(), metrics: metrics)
            // Creates the indexes and reads the server's clock.
            _ = try await store.add()
            _ = try await store.takeDue(limit: 1)
            try await body(store, metrics)
        }
    }

    /// Round trips made for tasks. Readings of the server's clock are excluded: they depend on time, not on the number of tasks.
    private func roundTrips(_ metrics: TestMetrics) -> Int {
        metrics.counters
            .filter { counter in
                counter.label == "database_requests_total" && !counter.dimensions.contains { $0 == ("operation", "clock") }
            }
            .map { Int($0.totalValue) }.reduce(0, +)
    }
}
