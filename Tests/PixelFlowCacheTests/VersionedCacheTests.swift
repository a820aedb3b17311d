import Conformance
import Deadlines
import MetricsTestKit
import PixelFlowCache
import PixelFlowCore
import Synchronization
import Testing

@Suite struct VersionedCacheTests {
    private struct Failure: Error {}

    /// Counts how often it is read, and can hold its readers up.
    private final class Source: Sendable {
        private let state = Mutex(0)

        var reads: Int { state.withLock { $0 } }

        func read() -> String {
            state.withLock { reads in
                reads += 1
                return "value \(reads)"
            }
        }
    }

    private let metrics = TestMetrics()
    private let clock = ManualClock()
    private let source = Source()

    private func cache(
        ageLimit: Duration? = nil, staleFor: Duration = .zero, limits: CacheLimits = CacheLimits()
    ) -> VersionedCache<String, String> {
        VersionedCache("things", limits: limits, ageLimit: ageLimit, staleFor: staleFor, clock: clock, metrics: metrics) { $0.utf8.count }
    }

    private func count(_ result: String) -> Int {
        Int((try? metrics.expectCounter("cache_requests_total", [("cache", "things"), ("result", result)]))?.totalValue ?? 0)
    }

    @Test func theSameVersionIsReadOnce() async throws {
        let cache = cache()
        for _ in 0..<5 { #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 1") }
        #expect(try await cache.value(of: "a", in: 2) { source.read() } == "value 2")
        #expect(try await cache.value(of: "b", in: 2) { source.read() } == "value 3")
        #expect([count("hit"), count("miss"), count("bypass")] == [4, 3, 0])
    }

    @Test func withoutAVersionNothingIsCached() async throws {
        let cache = cache()
        for number in 1...3 { #expect(try await cache.value(of: "a", in: nil) { source.read() } == "value \(number)") }
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 4")
        #expect([count("hit"), count("miss"), count("bypass")] == [0, 1, 3])
    }

    @Test func aForcedReadRefreshesTheCache() async throws {
        let cache = cache()
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 1")
        #expect(try await cache.value(of: "a", in: 1, mustRead: true) { source.read() } == "value 2")
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 2")
    }

    @Test func aValueExpires() async throws {
        let cache = cache(ageLimit: .seconds(10))
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 1")
        clock.advance(by: .milliseconds(8900))
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 1")
        clock.advance(by: .milliseconds(1100))
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 2")
        // A clock that is put back makes nothing younger.
        clock.advance(by: .seconds(-3600))
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 3")
    }

    @Test func aFailureIsNotCached() async throws {
        let cache = cache()
        await #expect(throws: Failure.self) { try await cache.value(of: "a", in: 1) { throw Failure() } }
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 1")
    }

    @Test func anOutageIsBridgedByEarlierValues() async throws {
        let cache = cache(ageLimit: .seconds(5), staleFor: .seconds(60))
        let outage = PixelFlowError.unavailable("task_database")
        await #expect(throws: PixelFlowError.self) { try await cache.value(of: "a", in: 1) { throw outage } }
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 1")
        clock.advance(by: .seconds(30))
        #expect(try await cache.value(of: "a", in: 1) { throw outage } == "value 1")
        #expect(try await cache.value(of: "a", in: 2) { throw outage } == "value 1")
        #expect(try await cache.value(of: "a", in: nil) { throw outage } == "value 1")
        #expect(try await cache.value(of: "a", in: 2, mustRead: true) { throw outage } == "value 1")
        #expect(count("stale") == 4)
        await #expect(throws: PixelFlowError.self) { try await cache.value(of: "b", in: 1) { throw outage } }
        await #expect(throws: Failure.self, "a defect is no outage") { try await cache.value(of: "a", in: 2) { throw Failure() } }
        clock.advance(by: .seconds(30))
        await #expect(throws: PixelFlowError.self) { try await cache.value(of: "a", in: 1) { throw outage } }
        #expect(try await cache.value(of: "a", in: 2) { source.read() } == "value 2")
        #expect(count("stale") == 4)
    }

    @Test func staleValuesAreServedOnlyIfAllowed() async throws {
        let cache = cache(ageLimit: .seconds(5))
        #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value 1")
        await #expect(throws: PixelFlowError.self) {
            try await cache.value(of: "a", in: 2) { throw PixelFlowError.unavailable("task_database") }
        }
        #expect(count("stale") == 0)
    }

    @Test func concurrentCallersReadAValueOnce() async throws {
        let cache = cache()
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let callers = (0..<100).map { _ in
            Task {
                try await cache.value(of: "a", in: 1) {
                    try await gate.end("the gate to open")
                    return source.read()
                }
            }
        }
        try await eventually("all callers to ask") { count("miss") + count("joined") == 100 ? () : nil }
        // Another version does not wait for them.
        #expect(try await cache.value(of: "a", in: 2) { source.read() } == "value 1")
        opening.finish()
        for caller in callers { #expect(try await caller.value("the response") == "value 2") }
        #expect([count("miss"), count("joined"), source.reads] == [2, 99, 2])
    }

    @Test func valuesThatAreTooLargeAreNotCached() async throws {
        let cache = cache(limits: CacheLimits(entries: 10, bytes: 100, entryBytes: 3))
        for number in 1...2 { #expect(try await cache.value(of: "a", in: 1) { source.read() } == "value \(number)") }
    }
}
