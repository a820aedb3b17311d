import Conformance
import Deadlines
import Logging
import MetricsTestKit
import PixelFlowCache
import PixelFlowCore
import Synchronization
import Testing

@Suite struct InMemoryCacheStoreTests {
    @Test(arguments: CacheStoreConformance.cases)
    func conforms(rule: ConformanceCase<CacheStoreConformance>) async throws {
        try await rule.run {
            let clock = ManualClock()
            let store = InMemoryCacheStore(isAlone: true, clock: clock)
            return CacheStoreConformance(store: store, other: store) { clock.advance(by: $0) }
        }
    }

    @Test func memoryIsBounded() {
        let store = InMemoryCacheStore(limits: CacheLimits(entries: 100, bytes: 20_000), isAlone: true)
        for number in 0..<1000 {
            let key = CacheKey(CacheScope("things", of: TenantID("\(number)")), id: "a")
            store.write([UInt8](repeating: 1, count: 500), for: key, in: store.read(key).version, lifetime: .seconds(60))
        }
        #expect(store.bytes <= 20_000 && store.bytes > 10_000)
    }
}

@Suite struct CacheTests {
    private struct Failure: Error {}

    /// A store that can be taken away.
    private final class Switched: CacheStore {
        private let store: any CacheStore
        private let away = Mutex(false)
        private let hook = Mutex<(@Sendable () async throws -> Void)?>(nil)

        init(_ store: any CacheStore) { self.store = store }

        /// Runs `body` once, before the next successful invalidation returns.
        func afterInvalidation(_ body: @escaping @Sendable () async throws -> Void) { hook.withLock { $0 = body } }

        func set(away value: Bool) { away.withLock { $0 = value } }

        private func checked() throws -> any CacheStore {
            if away.withLock({ $0 }) { throw Failure() }
            return store
        }

        func read(_ key: CacheKey) async throws -> CacheReading { try await checked().read(key) }
        func write(_ bytes: [UInt8], for key: CacheKey, in version: CacheVersion, lifetime: Duration) async throws {
            try await checked().write(bytes, for: key, in: version, lifetime: lifetime)
        }
        func invalidate(_ scope: CacheScope) async throws {
            try await checked().invalidate(scope)
            let hook = hook.withLock { hook in
                defer { hook = nil }
                return hook
            }
            try await hook?()
        }
    }

    /// The source of the values.
    private final class Source: Sendable {
        private let state = Mutex((value: 0, isAway: false))

        func set(_ value: Int) { state.withLock { $0.value = value } }
        func set(away: Bool) { state.withLock { $0.isAway = away } }

        func read() throws -> Int {
            try state.withLock { state in
                if state.isAway { throw PixelFlowError.unavailable("task_database") }
                return state.value
            }
        }
    }

    private let tenant = TenantID("ada")
    private let clock = ManualClock()
    private let metrics = TestMetrics()
    private let source = Source()

    private func cache(_ store: any CacheStore, isExact: Bool = false) -> Cache {
        Cache(CachePolicy("things", freshFor: .seconds(10), staleFor: .seconds(30), isExact: isExact), in: store, metrics: metrics)
    }

    private func memory(isAlone: Bool = true) -> InMemoryCacheStore { InMemoryCacheStore(isAlone: isAlone, clock: clock) }

    private func value(_ cache: Cache) async throws -> Int { try await cache.value("a", of: tenant) { [source] in try source.read() } }

    private func count(_ result: String) -> Int {
        Int((try? metrics.expectCounter("cache_requests_total", [("cache", "things"), ("result", result)]))?.totalValue ?? 0)
    }

    @Test func aResultIsCachedUntilInvalidatedOrExpired() async throws {
        let cache = cache(memory())
        #expect(try await value(cache) == 0)
        source.set(1)
        #expect(try await value(cache) == 0)
        await cache.invalidate(tenant)
        #expect(try await value(cache) == 1)
        source.set(2)
        clock.advance(by: .milliseconds(8900))
        #expect(try await value(cache) == 1)
        clock.advance(by: .milliseconds(1200))
        #expect(try await value(cache) == 2)
        #expect([count("hit"), count("miss")] == [2, 3])
    }

    @Test func aStaleResultIsServedForAWhileDuringAnOutage() async throws {
        let cache = cache(memory())
        #expect(try await value(cache) == 0)
        source.set(away: true)
        clock.advance(by: .seconds(15))
        #expect(try await value(cache) == 0)
        #expect(count("stale") == 1)
        clock.advance(by: .seconds(30))
        await #expect(throws: PixelFlowError.self) { try await value(cache) }
        source.set(away: false)
        #expect(try await value(cache) == 0)
        // What has changed is not given any more, outage or not.
        source.set(away: true)
        await cache.invalidate(tenant)
        await #expect(throws: PixelFlowError.self) { try await value(cache) }
    }

    @Test func exactResultsAreCachedOnlyIfInvalidationsArrive() async throws {
        let cache = cache(memory(isAlone: false), isExact: true)
        for number in 0..<3 {
            source.set(number)
            #expect(try await value(cache) == number)
        }
        #expect([count("hit"), count("bypass")] == [0, 3])
    }

    @Test func manyConcurrentCallersReadOnce() async throws {
        let cache = cache(memory())
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let callers = (0..<50).map { _ in
            Task {
                try await cache.value("a", of: tenant) { [source] in
                    try await gate.end("the gate to open")
                    return try source.read()
                }
            }
        }
        try await eventually("all callers to ask") { count("miss") + count("joined") == 50 ? () : nil }
        opening.finish()
        for caller in callers { #expect(try await caller.value("the response") == 0) }
        #expect(count("miss") == 1)
    }

    @Test func aStoreOutageFailsNoCall() async throws {
        let store = Switched(memory())
        let cache = cache(store)
        store.set(away: true)
        #expect(try await value(cache) == 0)
        #expect(count("bypass") == 1)
    }

    @Test func withoutTheSharedStoreTheProcessCachesLocally() async throws {
        let shared = Switched(memory())
        let store = FailOpenCacheStore(shared: shared, local: memory(isAlone: false), clock: clock, logger: Logger(label: "test"))
        let (cache, exact) = (cache(store), cache(store, isExact: true))
        #expect(try await value(cache) == 0)
        shared.set(away: true)
        source.set(1)
        #expect(try await value(cache) == 1)
        source.set(2)
        #expect(try await value(cache) == 1)
        #expect(try await value(exact) == 2)
        shared.set(away: false)
        #expect(try await value(cache) == 0)
    }

    @Test func aMissedInvalidationIsRepeated() async throws {
        let theirs = memory()
        let shared = Switched(theirs)
        let store = FailOpenCacheStore(shared: shared, local: memory(isAlone: false), clock: clock, logger: Logger(label: "test"))
        let (cache, another) = (cache(store), cache(theirs))
        #expect(try await value(cache) == 0)
        shared.set(away: true)
        source.set(1)
        await cache.invalidate(tenant)
        #expect(try await value(another) == 0)
        shared.set(away: false)
        #expect(try await value(cache) == 1)
        #expect(try await value(another) == 1)
    }

    /// An invalidation that fails while an earlier one is repeated must be repeated as well.
    @Test func anInvalidationThatFailsDuringARepetitionIsRepeated() async throws {
        let theirs = memory()
        let shared = Switched(theirs)
        let store = FailOpenCacheStore(shared: shared, local: memory(isAlone: false), clock: clock, logger: Logger(label: "test"))
        let (cache, another) = (cache(store), cache(theirs))
        shared.set(away: true)
        await cache.invalidate(tenant)
        shared.set(away: false)
        let source = source
        shared.afterInvalidation {
            // Another replica caches the value between the repetition and the second change.
            _ = try await another.value("a", of: TenantID("ada")) { try source.read() }
            shared.set(away: true)
            source.set(1)
            await cache.invalidate(TenantID("ada"))
            shared.set(away: false)
        }
        _ = try await value(cache)
        #expect(try await value(cache) == 1)
        #expect(try await value(another) == 1)
    }
}
