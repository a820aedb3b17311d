import Conformance
import PixelFlowCore
import PixelFlowLimits
import Testing

@Suite("Counting in one process")
struct InMemoryRateLimiterTests {
    @Test(arguments: RateLimiterConformance.cases)
    func conforms(rule: ConformanceCase<RateLimiterConformance>) async throws {
        try await rule.run {
            let clock = ManualClock()
            let limiter = InMemoryRateLimiter(clock: clock)
            return RateLimiterConformance(limiter: limiter, other: limiter) { clock.advance(by: $0) }
        }
    }

    @Test("memory is bounded, and the callers with the longest wait are kept")
    func memoryIsBounded() {
        let clock = ManualClock()
        let limiter = InMemoryRateLimiter(capacity: 100, clock: clock)
        let limit = RateLimit(name: "read", quota: 1, window: .seconds(3600))
        for number in 0..<10_000 {
            _ = limiter.admit([RateBucket(limit, key: "a:\(number)")])
            clock.advance(by: .milliseconds(1))
            #expect(limiter.count <= 100)
        }
        #expect(!limiter.admit([RateBucket(limit, key: "a:9999")]).isAllowed)
    }

    @Test("a bucket whose quota is fully restored uses no memory")
    func restoredBucketUsesNoMemory() {
        let clock = ManualClock()
        let limiter = InMemoryRateLimiter(capacity: 10, clock: clock)
        let limit = RateLimit(name: "read", quota: 2, window: .seconds(2))
        for number in 0..<10 { _ = limiter.admit([RateBucket(limit, key: "a:\(number)")]) }
        clock.advance(by: .seconds(2))
        _ = limiter.admit([RateBucket(limit, key: "a:10")])
        #expect(limiter.count == 1)
    }

    @Test("after a clock is set back, no caller waits for longer than a window")
    func setBackClockDelaysAtMostAWindow() {
        let clock = ManualClock()
        let limiter = InMemoryRateLimiter(clock: clock)
        let bucket = RateBucket(RateLimit(name: "read", quota: 10, window: .seconds(60)), key: "u:1")
        _ = limiter.admit([bucket])
        clock.advance(by: .seconds(-86_400))
        let refused = limiter.admit([bucket])
        #expect(refused.refusal?.wait == .seconds(6))
        clock.advance(by: .seconds(6))
        #expect(limiter.admit([bucket]).isAllowed)
    }
}
