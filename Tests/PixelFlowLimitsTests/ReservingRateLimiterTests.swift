import Conformance
import PixelFlowCore
import PixelFlowLimits
import Synchronization
import Testing
import WireFormats

/// Notes how many requests each round trip counts.
private final class Recorder: RateLimiter {
    private let counter: InMemoryRateLimiter
    private let state = Mutex<[Int]>([])

    init(_ clock: ManualClock) { counter = InMemoryRateLimiter(clock: clock) }

    var trips: [Int] { state.withLock { $0 } }

    func admit(_ requests: Int, in buckets: [RateBucket]) async throws -> RateDecision {
        state.withLock { $0.append(requests) }
        await Task.yield()
        return counter.admit(requests, in: buckets)
    }

    func preview(_ buckets: [RateBucket]) async throws -> RateDecision { counter.preview(buckets) }

    func clear(_ buckets: [RateBucket]) async throws { counter.clear(buckets) }
}

/// A clock that both the counter and what is counted ahead go by.
private final class Time: Sendable {
    let wall = ManualClock()
    private let now = Mutex(ContinuousClock.now)

    var instant: ContinuousClock.Instant { now.withLock { $0 } }

    func advance(by duration: Duration) {
        wall.advance(by: duration)
        now.withLock { $0 += duration }
    }
}

@Suite("Reserving requests in advance")
struct ReservingRateLimiterTests {
    private let time = Time()
    private let recorder: Recorder
    private let limiter: ReservingRateLimiter
    private let bucket = RateBucket(RateLimit(name: "read", quota: 6400, window: .seconds(86_400)), key: "u:1")

    init() {
        let (time, recorder) = (time, Recorder(time.wall))
        self.recorder = recorder
        limiter = ReservingRateLimiter(recorder) { time.instant }
    }

    @Test(arguments: RateLimiterConformance.cases)
    func conforms(rule: ConformanceCase<RateLimiterConformance>) async throws {
        try await rule.run {
            let time = Time()
            let counter = InMemoryRateLimiter(clock: time.wall)
            return RateLimiterConformance(
                limiter: ReservingRateLimiter(counter) { time.instant }, other: ReservingRateLimiter(counter) { time.instant }
            ) { time.advance(by: $0) }
        }
    }

    @Test("of many requests, only one in dozens takes a round trip, and each is counted")
    func reservationsSaveRoundTrips() async throws {
        for number in 1...3000 {
            let decision = try await limiter.admit([bucket])
            // What is counted ahead is the caller's, unless the round trip that counts it is still under way.
            let remaining = decision.balances.first?.remaining ?? 0
            #expect((6400 - number - 100...6400 - number).contains(remaining))
            #expect(decision.isAllowed)
        }
        #expect(recorder.trips.count < 200, "\(recorder.trips.count) round trips")
        #expect(recorder.trips.max() == 100)
        let ahead = recorder.trips.reduce(0, +) - 3000
        #expect((0...250).contains(ahead), "\(ahead) counted ahead")
    }

    @Test("beyond half of the quota each request is counted separately, and the quota is exact")
    func quotaIsExactNearTheLimit() async throws {
        var allowed = 0
        for _ in 0..<3100 where try await limiter.admit([bucket]).isAllowed { allowed += 1 }
        let trips = recorder.trips.count
        for _ in 0..<4000 where try await limiter.admit([bucket]).isAllowed { allowed += 1 }
        #expect(allowed == 6400)
        #expect(recorder.trips.dropFirst(trips + 10).allSatisfy { $0 == 1 })
    }

    @Test("callers that send little are counted request by request")
    func slowCallersReserveNothing() async throws {
        for _ in 0..<20 {
            _ = try await limiter.admit([bucket])
            time.advance(by: .milliseconds(300))
        }
        #expect(recorder.trips == Array(repeating: 1, count: 20))
    }

    @Test("a small quota is never reserved in advance")
    func smallQuotaIsNotReserved() async throws {
        let both = [bucket, RateBucket(RateLimit(name: "sign-in", quota: 127, window: .seconds(60)), key: "a:1")]
        for _ in 0..<50 { _ = try await limiter.admit(both) }
        #expect(recorder.trips == Array(repeating: 1, count: 50))
    }

    @Test("reservations are kept for at most an eighth of the window")
    func unusedReservationsExpire() async throws {
        for _ in 0..<5 { _ = try await limiter.admit([bucket]) }
        time.advance(by: .seconds(86_400 / 8))
        let trips = recorder.trips.count
        _ = try await limiter.admit([bucket])
        #expect(recorder.trips.count == trips + 1)
    }

    @Test("quota restored over time is not granted twice")
    func restoredQuotaIsNotGrantedTwice() async throws {
        // One each 10 ms.
        let bucket = RateBucket(RateLimit(name: "read", quota: 6400, window: .seconds(64)), key: "u:2")
        for _ in 0..<500 { _ = try await limiter.admit([bucket]) }
        time.advance(by: .seconds(6))
        var allowed = 0
        for _ in 0..<7000 where try await limiter.admit([bucket]).isAllowed { allowed += 1 }
        #expect((6400...6410).contains(allowed))
    }

    @Test("clearing a bucket discards its reservations")
    func clearingDiscardsReservations() async throws {
        for _ in 0..<2 { _ = try await limiter.admit([bucket]) }
        try await limiter.clear([bucket])
        #expect(try await limiter.admit([bucket]).balances.first?.remaining == 6399)
    }
}
