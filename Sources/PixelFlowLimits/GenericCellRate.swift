/// The generic cell rate algorithm (GCRA), which keeps one number for a bucket: when all of its quota will be available again.
///
/// `RedisRateLimiter` has the same rules in Lua.
struct GenericCellRate {
    /// When the quota is whole again, in microseconds; now or later.
    let full: Int64
    /// `full` once the requests are counted.
    let next: Int64
    /// Microseconds until the requests have room; 0 if they have.
    let wait: Int64

    /// - Parameters:
    ///   - requests: that are to be counted.
    ///   - stored: `full` as it was kept; nil for a bucket without requests.
    ///   - now: in microseconds.
    init(_ limit: RateLimit, requests: Int = 1, stored: Int64?, now: Int64) {
        // A clock that was put back must not make anyone wait for longer than the quota is worth.
        full = min(max(stored ?? now, now), now + limit.capacity)
        next = full + limit.interval * Int64(requests)
        wait = max(0, next - now - limit.capacity)
    }

    static func balance(_ limit: RateLimit, full: Int64, wait: Int64, now: Int64) -> RateDecision.Balance {
        RateDecision.Balance(
            limit: limit, remaining: Int((limit.capacity - (full - now)) / limit.interval), reset: full - now, wait: wait)
    }
}
