/// The generic cell rate algorithm (GCRA). Its state is one number per bucket: when the full quota will be available again.
///
/// `RedisRateLimiter` has the same rules in Lua.
struct GenericCellRate {
    /// When the full quota is available again, in microseconds; not in the past.
    let full: Int64
    /// The value of `full` after counting the requests.
    let next: Int64
    /// Microseconds until the requests are admitted; 0 if they are.
    let wait: Int64

    /// - Parameters:
    ///   - requests: the number to count.
    ///   - stored: the stored `full`; nil for a new bucket.
    ///   - now: in microseconds.
    init(_ limit: RateLimit, requests: Int = 1, stored: Int64?, now: Int64) {
        // If the clock was set back, no caller must wait for longer than the quota takes to recover.
        full = min(max(stored ?? now, now), now + limit.capacity)
        next = full + limit.interval * Int64(requests)
        wait = max(0, next - now - limit.capacity)
    }

    static func balance(_ limit: RateLimit, full: Int64, wait: Int64, now: Int64) -> RateDecision.Balance {
        RateDecision.Balance(
            limit: limit, remaining: Int((limit.capacity - (full - now)) / limit.interval), reset: full - now, wait: wait)
    }
}
