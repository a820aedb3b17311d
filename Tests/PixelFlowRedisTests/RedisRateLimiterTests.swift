import Conformance
import FaultProxy
import Foundation
import Logging
import MetricsTestKit
import PixelFlowCore
import PixelFlowLimits
import TestSupport
import Testing

@testable import PixelFlowRedis

@Suite("Counting in Redis", .enabled(if: TestServer.executable != nil, "needs PIXELFLOW_TEST_REDIS_SERVER, see scripts/stack"))
struct RedisRateLimiterTests {
    private static let bucket = RateBucket(RateLimit(name: "read", quota: 100, window: .seconds(86_400)), key: "u:1")

    /// The server's clock cannot be moved; instead, the test changes the stored times.
    @Test(arguments: RateLimiterConformance.cases)
    func conforms(rule: ConformanceCase<RateLimiterConformance>) async throws {
        try await TestServer.with { server in
            try await server.withClient { first in
                try await server.withClient { second in
                    try await rule.run {
                        RateLimiterConformance(limiter: RedisRateLimiter(first), other: RedisRateLimiter(second)) {
                            try await first.age(by: $0)
                        }
                    }
                }
            }
        }
    }

    @Test(
        "four replicas together admit exactly 10,000 requests, reserved in advance or not", arguments: [100, 4000], [false, true])
    func fourReplicasAdmitExactlyTheQuota(quota: Int, isAhead: Bool) async throws {
        let bucket = RateBucket(RateLimit(name: "read", quota: quota, window: .seconds(86_400)), key: "u:1")
        try await TestServer.with { server in
            let allowed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    let settings = RedisSettings(address: try server.address())
                    group.addTask {
                        var settings = settings
                        settings.timeout = .seconds(10)
                        let client = try RedisClient(settings)
                        let counter = RedisRateLimiter(client)
                        let limiter: any RateLimiter = isAhead ? ReservingRateLimiter(counter) : counter
                        let allowed = try await withThrowingTaskGroup(of: Int.self) { requests in
                            // Sequential within each lane: requests reserved in advance for a caller who sends nothing more are lost.
                            for _ in 0..<25 {
                                requests.addTask {
                                    var allowed = 0
                                    for _ in 0..<100 where try await limiter.admit([bucket]).isAllowed { allowed += 1 }
                                    return allowed
                                }
                            }
                            return try await requests.reduce(0, +)
                        }
                        await client.shutDown()
                        return allowed
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(allowed == quota)
        }
    }

    @Test("keys expire when their quota is fully restored")
    func keysExpire() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let limiter = RedisRateLimiter(client)
                _ = try await limiter.admit([Self.bucket])
                let left = try await client.send("PTTL", "pixelflow:rate:read:u:1").integer ?? 0
                #expect((1...864_000).contains(left))
            }
        }
    }

    @Test("wiped, and its scripts forgotten: counting starts over")
    func wipedCounterStartsOver() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let limiter = RedisRateLimiter(client)
                for _ in 0..<3 { _ = try await limiter.admit([Self.bucket]) }
                _ = try await client.send("FLUSHALL")
                _ = try await client.send("SCRIPT", "FLUSH")
                #expect(try await limiter.admit([Self.bucket]).balances.first?.remaining == 99)
            }
        }
    }

    @Test("full: requests are counted locally until there is room again")
    func fullServerIsReplacedByLocalCount() async throws {
        try await TestServer.with { server in
            try await server.withClient { client in
                let limiter = FailOpenRateLimiter(
                    shared: RedisRateLimiter(client), local: InMemoryRateLimiter(), logger: Logger(label: "test"))
                #expect(try await limiter.admit([Self.bucket]).balances.first?.remaining == 99)
                _ = try await client.send("CONFIG", "SET", "maxmemory-policy", "noeviction")
                _ = try await client.send("CONFIG", "SET", "maxmemory", "1")
                let error = await #expect(throws: RedisError.self) { try await RedisRateLimiter(client).admit([Self.bucket]) }
                #expect(error?.kind == .refused(code: "OOM") && error?.isOutage == true)
                #expect(try await limiter.admit([Self.bucket]).balances.first?.remaining == 99)
                _ = try await client.send("CONFIG", "SET", "maxmemory", "0")
                #expect(try await limiter.admit([Self.bucket]).balances.first?.remaining == 98)
            }
        }
    }

    @Test("killed or paused: requests are counted locally, and none fails", arguments: [SIGKILL, SIGSTOP])
    func unavailableServerIsReplacedByLocalCount(signal: Int32) async throws {
        try await TestServer.with { server in
            try await server.withClient(with: { $0.timeout = .milliseconds(200) }) { client in
                try await client.untilItResponds()
                let limiter = FailOpenRateLimiter(
                    shared: RedisRateLimiter(client), local: InMemoryRateLimiter(), logger: Logger(label: "test"))
                if signal == SIGKILL { try await server.process.stop(by: SIGKILL) } else { try server.process.send(SIGSTOP) }
                var allowed = 0
                for _ in 0..<150 where try await limiter.admit([Self.bucket]).isAllowed { allowed += 1 }
                #expect(allowed == 100)
                if signal == SIGKILL { try await server.start(wait: false) } else { try server.process.send(SIGCONT) }
                try await client.untilItResponds()
                #expect(try await limiter.admit([Self.bucket]).isAllowed)
            }
        }
    }

    @Test("slow: requests are decided within the time limit and counted locally until Redis is fast again")
    func slowServerIsReplacedByLocalCount() async throws {
        try await TestServer.with { server in
            let proxy = try await FaultProxy.start(to: "127.0.0.1", port: server.port)
            let timeout = Duration.milliseconds(100)
            try await server.withClient(port: proxy.port, with: { $0.timeout = timeout }) { client in
                try await client.untilItResponds()
                let metrics = TestMetrics()
                let limiter = FailOpenRateLimiter(
                    shared: RedisRateLimiter(client), local: InMemoryRateLimiter(), logger: Logger(label: "test"), metrics: metrics)
                func failOpen() throws -> Int { Int(try metrics.expectCounter("rate_limit_fail_open_total").totalValue) }
                #expect(try await limiter.admit([Self.bucket]).balances.first?.remaining == 99)
                #expect(try failOpen() == 0)
                proxy.setLatency(.seconds(60))
                var longest = Duration.zero
                for request in 1...150 {
                    let start = ContinuousClock.now
                    #expect(try await limiter.admit([Self.bucket]).isAllowed == (request <= 100))
                    longest = max(longest, ContinuousClock.now - start)
                }
                // The first call waits for the timeout, and the circuit breaker spares the others the wait; a busy machine adds to both.
                #expect(longest >= timeout && longest < timeout + .seconds(2), "\(longest)")
                #expect(try failOpen() == 150)
                proxy.setLatency(.zero)
                try await client.untilItResponds()
                // Redis has counted the first request, and perhaps others sent before the circuit opened.
                let remaining = try #require(try await limiter.admit([Self.bucket]).balances.first?.remaining)
                #expect((80...98).contains(remaining), "\(remaining)")
                #expect(try failOpen() == 150)
            }
            try await proxy.stop()
        }
    }
}

extension RedisClient {
    /// Moves every counter of the limiter into the past, as if time had passed.
    fileprivate func age(by duration: Duration) async throws {
        for key in try await send("KEYS", "pixelflow:rate:*").array ?? [] {
            let name = String(decoding: key.bytes ?? [], as: UTF8.self)
            let time = try await send("GET", name).bytes.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
            let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
            _ = try await send("SET", name, "\(time - microseconds)", "KEEPTTL")
        }
    }
}
