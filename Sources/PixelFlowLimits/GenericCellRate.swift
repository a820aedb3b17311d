/// The generic cell rate algorithm (GCRA), which keeps one number for a bucket: when all of its quota will be available again.
///
/// `RedisRateLimiter` has the same rules in Lua.
struct GenericCellRate {
    /// When the quota is whole again, in microseconds; now or later.
    let full: Int64
    /// `full` if one more request is counted.
    let next: Int64
    /// Microseconds until the request has room; 0 if it has.
    let wait: Int64

    /// - Parameters:
    ///   - stored: `full` as it was kept; nil for a bucket without requests.
    ///   - now: in microseconds.
    init(_ limit: RateLimit, stored: Int64?, now: Int64) {
        // A clock that was put back must not make anyone wait for longer than the quota is worth.
        full = min(max(stored ?? now, now), now + limit.capacity)
        next = full + limit.interval
        wait = max(0, next - now - limit.capacity)
    }

    static func balance(_ limit: RateLimit, full: Int64, wait: Int64, now: Int64) -> RateDecision.Balance {
        RateDecision.Balance(
            limit: limit, remaining: Int((limit.capacity - (full - now)) / limit.interval), reset: .microseconds(full - now),
            wait: .microseconds(wait))
    }
}
