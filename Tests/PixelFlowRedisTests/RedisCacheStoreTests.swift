import Conformance
import FaultProxy
import Foundation
import Logging
import Metrics
import MetricsTestKit
import PixelFlowCache
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowRedis

@Suite("Caching values in Redis", .enabled(if: TestServer.executable != nil, "needs PIXELFLOW_TEST_REDIS_SERVER, see scripts/stack"))
struct RedisCacheStoreTests {
    private static let key = CacheKey(CacheScope("things", of: TenantID("ada")), id: "a")

    /// The server's clock cannot be moved; instead, the test changes the expiry of the stored keys.
    @Test(arguments: CacheStoreConformance.cases)
    func conforms(rule: ConformanceCase<CacheStoreConformance>) async throws {
        try await TestServer.with { server in
            try await server.withClient { first in
                try await server.withClient { second in
                    try await rule.run {
                        CacheStoreConformance(store: RedisCacheStore(first), other: RedisCacheStore(second)) {
                            try await first.age(by: $0)
                        }
                    }
                }
            }
        }
    }

    @Test("every key of the cache expires")
    func everyKeyExpires() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let store = RedisCacheStore(client)
                let version = try await store.read(Self.key).version
                try await store.write([1], for: Self.key, in: version, lifetime: .seconds(10))
                try await store.invalidate(Self.key.scope)
                let names = try await client.send("KEYS", "*").array ?? []
                #expect(names.count == 2)
                for name in names {
                    let text = String(decoding: name.bytes ?? [], as: UTF8.self)
                    #expect(text.hasPrefix("pixelflow:cache:"))
                    #expect(try await client.send("PTTL", text).integer ?? -1 > 0)
                }
            }
        }
    }

    @Test("wiped, or its versions evicted: earlier entries do not come back")
    func wipedStoreReturnsNoEarlierEntries() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let store = RedisCacheStore(client)
                let version = try await store.read(Self.key).version
                try await store.write([1], for: Self.key, in: version, lifetime: .seconds(60))
                _ = try await client.send("DEL", "pixelflow:cache:version:things:ada")
                #expect(try await store.read(Self.key).value == nil)
                _ = try await client.send("FLUSHALL")
                _ = try await client.send("SCRIPT", "FLUSH")
                // Written by a caller who read the version earlier.
                try await store.write([1], for: Self.key, in: version, lifetime: .seconds(60))
                let reading = try await store.read(Self.key)
                #expect(reading.value == nil && reading.version != version)
            }
        }
    }

    /// While Redis is in trouble, the local cache serves the values, and no request fails.
    private func withCache(_ client: RedisClient, _ body: (_ lookup: (Int) async throws -> Int) async throws -> Void) async throws {
        let store = FailOpenCacheStore(
            shared: RedisCacheStore(client), local: InMemoryCacheStore(isAlone: false), logger: Logger(label: "test"))
        let cache = Cache(CachePolicy("things", freshFor: .seconds(60)), in: store, metrics: NOOPMetricsHandler.instance)
        try await body { value in try await cache.value("a", of: TenantID("ada")) { value } }
    }

    @Test("full: values are cached locally until there is room again")
    func fullStoreIsReplacedByLocalCache() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                try await withCache(client) { lookup in
                    _ = try await client.send("CONFIG", "SET", "maxmemory-policy", "noeviction")
                    _ = try await client.send("CONFIG", "SET", "maxmemory", "1")
                    #expect(try await lookup(1) == 1)
                    #expect(try await lookup(2) == 1)
                    _ = try await client.send("CONFIG", "SET", "maxmemory", "0")
                    #expect(try await lookup(3) == 3)
                    #expect(try await lookup(4) == 3)
                }
            }
        }
    }

    @Test("killed or paused: values are cached locally, and none fails", arguments: [SIGKILL, SIGSTOP])
    func unavailableStoreIsReplacedByLocalCache(signal: Int32) async throws {
        try await TestServer.with { server in
            try await server.withClient(with: { $0.timeout = .milliseconds(200) }) { client in
                try await client.untilItResponds()
                try await withCache(client) { lookup in
                    #expect(try await lookup(1) == 1)
                    if signal == SIGKILL { try await server.process.stop(by: SIGKILL) } else { try server.process.send(SIGSTOP) }
                    #expect(try await lookup(2) == 2)
                    for value in 3..<100 { #expect(try await lookup(value) == 2) }
                    if signal == SIGKILL { try await server.start(wait: false) } else { try server.process.send(SIGCONT) }
                    try await client.untilItResponds()
                    // A killed server has lost its contents.
                    #expect(try await lookup(100) == (signal == SIGKILL ? 100 : 1))
                }
            }
        }
    }

    @Test("slow: a request waits only for the time limit")
    func slowStoreDelaysOnlyUpToTheTimeLimit() async throws {
        try await TestServer.with { server in
            let proxy = try await FaultProxy.start(to: "127.0.0.1", port: server.port)
            try await server.withClient(port: proxy.port, with: { $0.timeout = .milliseconds(100) }) { client in
                try await withCache(client) { lookup in
                    try await client.untilItResponds()
                    proxy.setLatency(.seconds(60))
                    #expect(try await lookup(1) == 1)
                    #expect(try await lookup(2) == 1)
                }
            }
            try await proxy.stop()
        }
    }

    @Test("a signal from one process reaches all others, also after an outage of Redis")
    func signalsReachAllProcesses() async throws {
        try await TestServer.with { server in
            try await server.withClient { sender in
                try await server.withClient { listener in
                    let signal = RedisInvalidationSignal(sender: sender, listener: listener, name: "things")
                    // A signal sent before the first call may have been missed.
                    try await signal.receive()
                    for _ in 0..<3 {
                        let waiting = Task { try await signal.receive() }
                        try await signal.send()
                        try await waiting.value("the signal")
                    }
                    try await server.process.stop(by: SIGKILL)
                    await #expect(throws: (any Error).self) { try await signal.receive() }
                    try await server.start()
                    try await listener.untilItResponds()
                    try await signal.receive()
                    try await sender.untilItResponds()
                    let waiting = Task { try await signal.receive() }
                    try await signal.send()
                    try await waiting.value("the signal")
                }
            }
        }
    }
}

extension RedisClient {
    /// Makes everything in the cache expire sooner, as if time had passed.
    fileprivate func age(by duration: Duration) async throws {
        for key in try await send("KEYS", "pixelflow:cache:entry:*").array ?? [] {
            let name = String(decoding: key.bytes ?? [], as: UTF8.self)
            let left = try await send("PTTL", name).integer ?? 0
            _ = try await send("PEXPIRE", name, "\(left - duration.components.seconds * 1000)")
        }
    }
}
