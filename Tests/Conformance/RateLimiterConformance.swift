package import PixelFlowLimits
import WireFormats

/// The rules of `RateLimiter`, checked only through the port. None depends on the speed of time.
package struct RateLimiterConformance: Sendable {
    let limiter: any RateLimiter
    let other: any RateLimiter
    let advance: (@Sendable (Duration) async throws -> Void)?

    /// - Parameters:
    ///   - limiter: has counted nothing.
    ///   - other: shares counters with `limiter`, like another replica.
    ///   - advance: moves the clock; nil if that is impossible.
    package init(
        limiter: any RateLimiter, other: any RateLimiter, advance: (@Sendable (Duration) async throws -> Void)? = nil
    ) {
        self.limiter = limiter
        self.other = other
        self.advance = advance
    }

    /// All rules.
    package static let cases: [ConformanceCase<RateLimiterConformance>] = [
        ConformanceCase("rate limits: the quota can be used at once, and no more") { try await $0.theQuotaIsExact() },
        ConformanceCase("rate limits: the remaining quota counts down") { try await $0.theBalanceCountsDown() },
        ConformanceCase("rate limits: a refused request is not counted") { try await $0.aRefusalCountsForNothing() },
        ConformanceCase("rate limits: a request counts in each bucket or in none") { try await $0.bucketsAreCountedTogether() },
        ConformanceCase("rate limits: callers do not share a bucket") { try await $0.callersAreApart() },
        ConformanceCase("rate limits: limits do not share a bucket") { try await $0.limitsAreApart() },
        ConformanceCase("rate limits: replicas share every bucket") { try await $0.replicasShare() },
        ConformanceCase("rate limits: a preview is not counted") { try await $0.aPreviewCountsForNothing() },
        ConformanceCase("rate limits: a cleared bucket is full on every replica") { try await $0.clearedBucketsAreWhole() },
        ConformanceCase("rate limits: unusual quotas are exact") { try await $0.oddQuotas() },
        ConformanceCase("rate limits: quota is restored evenly") { try await $0.requestsComeBack() },
        ConformanceCase("rate limits: ten thousand concurrent requests are admitted up to the quota") { try await $0.aFlood() },
    ]

    private static let day = Duration.seconds(86_400)

    private func limit(_ quota: Int, name: String = "read", window: Duration = day) -> RateLimit {
        RateLimit(name: name, quota: quota, window: window)
    }

    func theQuotaIsExact() async throws {
        let bucket = RateBucket(limit(5), key: "u:1")
        for number in 1...5 { try requireEqual(try await limiter.admit([bucket]).isAllowed, true, "request \(number)") }
        let refused = try await limiter.admit([bucket])
        try requireEqual(refused.isAllowed, false, "request 6")
        try requireEqual(refused.refusal?.limit, bucket.limit, "the limit that is reached")
        let wait = refused.refusal?.wait ?? .zero
        // A fifth of a day, minus the duration of the test.
        try requireEqual(wait > .seconds(17_000) && wait <= .seconds(17_280), true, "the wait, \(wait)")
    }

    func theBalanceCountsDown() async throws {
        let bucket = RateBucket(limit(3), key: "u:1")
        for left in [2, 1, 0] {
            let balance = try await limiter.admit([bucket]).balances.first
            try requireEqual(balance?.remaining, left, "requests left")
            let used = Double(3 - left) * 28_800
            let reset = balance?.reset.seconds ?? 0
            try requireEqual(reset > used - 120 && reset <= used, true, "the seconds until the quota is whole, \(reset)")
        }
    }

    func aRefusalCountsForNothing() async throws {
        let bucket = RateBucket(limit(1), key: "u:1")
        _ = try await limiter.admit([bucket])
        let first = try await limiter.admit([bucket]).refusal?.wait ?? .zero
        for _ in 0..<20 { _ = try await limiter.admit([bucket]) }
        let last = try await limiter.admit([bucket]).refusal?.wait ?? .seconds(200_000)
        try requireEqual(last <= first, true, "the wait does not grow: \(first), \(last)")
    }

    func bucketsAreCountedTogether() async throws {
        let (caller, organisation) = (RateBucket(limit(10), key: "u:1"), RateBucket(limit(2, name: "read-organisation"), key: "o:1"))
        for _ in 0..<2 { try requireEqual(try await limiter.admit([caller, organisation]).isAllowed, true, "within both") }
        for _ in 0..<5 {
            let refused = try await limiter.admit([caller, organisation])
            try requireEqual(refused.refusal?.limit, organisation.limit, "the limit that is reached")
            try requireEqual(refused.balances.map(\.remaining), [8, 0], "requests left")
        }
        try requireEqual(try await limiter.admit([caller]).balances.map(\.remaining), [7], "of the caller, who has lost nothing")
    }

    func callersAreApart() async throws {
        let limit = limit(1)
        for key in ["u:1", "u:2", "k:1", "a:1"] {
            try requireEqual(try await limiter.admit([RateBucket(limit, key: key)]).isAllowed, true, key)
            try requireEqual(try await limiter.admit([RateBucket(limit, key: key)]).isAllowed, false, key)
        }
    }

    func limitsAreApart() async throws {
        for name in ["read", "write"] {
            try requireEqual(try await limiter.admit([RateBucket(limit(1, name: name), key: "u:1")]).isAllowed, true, name)
        }
    }

    func replicasShare() async throws {
        let bucket = RateBucket(limit(4), key: "u:1")
        var allowed = 0
        for number in 0..<10 where try await (number.isMultiple(of: 2) ? limiter : other).admit([bucket]).isAllowed { allowed += 1 }
        try requireEqual(allowed, 4, "requests admitted by two replicas")
    }

    func aPreviewCountsForNothing() async throws {
        let (bucket, other) = (RateBucket(limit(2), key: "u:1"), RateBucket(limit(5), key: "u:2"))
        for left in [2, 1, 0] {
            for _ in 0..<3 {
                let preview = try await self.other.preview([bucket, other])
                try requireEqual(preview.isAllowed, left > 0, "a preview with \(left) left")
                try requireEqual(preview.balances.map(\.remaining), [left, 5], "requests left")
            }
            try requireEqual(try await limiter.admit([bucket]).isAllowed, left > 0, "a request with \(left) left")
        }
    }

    func clearedBucketsAreWhole() async throws {
        let (bucket, other) = (RateBucket(limit(2), key: "u:1"), RateBucket(limit(2), key: "u:2"))
        for _ in 0..<2 { _ = try await limiter.admit([bucket, other]) }
        try await self.other.clear([bucket])
        try await self.other.clear([])
        try requireEqual(try await limiter.preview([bucket]).balances.map(\.remaining), [2], "of the one that was cleared")
        try requireEqual(try await limiter.preview([other]).isAllowed, false, "of the other one")
    }

    func oddQuotas() async throws {
        for quota in [7, 997, 1013] {
            let bucket = RateBucket(limit(quota, window: .seconds(86_399)), key: "u:\(quota)")
            var allowed = 0
            for _ in 0..<quota + 3 where try await limiter.admit([bucket]).isAllowed { allowed += 1 }
            try requireEqual(allowed, quota, "of \(quota)")
        }
    }

    func requestsComeBack() async throws {
        guard let advance else { return }
        // One per 1,440 seconds: far longer than the test, in case the clock is running.
        let bucket = RateBucket(limit(60), key: "u:1")
        for _ in 0..<60 { _ = try await limiter.admit([bucket]) }
        try requireEqual(try await limiter.admit([bucket]).isAllowed, false, "spent")
        try await advance(.seconds(1200))
        try requireEqual(try await limiter.admit([bucket]).isAllowed, false, "too early")
        try await advance(.seconds(240))
        try requireEqual(try await limiter.admit([bucket]).isAllowed, true, "when one is earned")
        try requireEqual(try await limiter.admit([bucket]).isAllowed, false, "one only")
        try await advance(Self.day * 3)
        var allowed = 0
        for _ in 0..<70 where try await limiter.admit([bucket]).isAllowed { allowed += 1 }
        try requireEqual(allowed, 60, "after a rest, the quota and no more")
    }

    func aFlood() async throws {
        let bucket = RateBucket(limit(1000), key: "u:1")
        let allowed = try await withThrowingTaskGroup(of: Int.self) { group in
            for lane in 0..<16 {
                let limiter = lane.isMultiple(of: 2) ? limiter : other
                group.addTask {
                    var allowed = 0
                    for _ in 0..<625 where try await limiter.admit([bucket]).isAllowed { allowed += 1 }
                    return allowed
                }
            }
            return try await group.reduce(0, +)
        }
        try requireEqual(allowed, 1000, "of 10,000 requests")
    }
}
