package import PixelFlowLimits
import WireFormats

/// Counts requests in Redis, so that all replicas together admit exactly the quota. Uses the clock of Redis.
package struct RedisRateLimiter: RateLimiter {
    private let client: RedisClient
    private let prefix: String

    /// - Parameter prefix: of the keys; each test uses its own.
    package init(_ client: RedisClient, prefix: String = "pixelflow:rate:") {
        self.client = client
        self.prefix = prefix
    }

    package func admit(_ requests: Int, in buckets: [RateBucket]) async throws -> RateDecision {
        try await decide(buckets, requests, counts: true)
    }

    package func preview(_ buckets: [RateBucket]) async throws -> RateDecision { try await decide(buckets, 1, counts: false) }

    package func clear(_ buckets: [RateBucket]) async throws {
        guard !buckets.isEmpty else { return }
        _ = try await client.send(RedisCommand("DEL", buckets.map(key)))
    }

    private func key(_ bucket: RateBucket) -> String { "\(prefix)\(bucket.limit.name):\(bucket.key)" }

    private func decide(_ buckets: [RateBucket], _ requests: Int, counts: Bool) async throws -> RateDecision {
        let arguments = buckets.flatMap { ["\($0.limit.interval)", "\($0.limit.capacity)"] } + ["\(requests)", counts ? "1" : "0"]
        let reply = try await client.evaluate(Self.script, keys: buckets.map(key), arguments).array?.compactMap(\.integer) ?? []
        guard reply.count == 2 * buckets.count else {
            throw RedisError(.protocolError, "the script of the rate limits returns an unexpected reply")
        }
        return RateDecision(
            buckets.enumerated().map { index, bucket in
                let (left, wait) = (reply[2 * index], reply[2 * index + 1])
                return RateDecision.Balance(
                    limit: bucket.limit, remaining: Int((bucket.limit.capacity - left) / bucket.limit.interval),
                    reset: left, wait: wait)
            })
    }

    /// Applies the rules of `GenericCellRate` to all keys atomically. A key contains the time in microseconds at which its quota is
    /// fully available again, and expires at that time. For each key, returns the microseconds until then, and those until the
    /// requests are admitted. The last arguments are the number of requests, and whether to count them.
    private static let script = RedisScript(
        """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local allowed, full, wait = true, {}, {}
        local requests, counts = tonumber(ARGV[2 * #KEYS + 1]), ARGV[2 * #KEYS + 2] == '1'
        for i, key in ipairs(KEYS) do
          local interval, capacity = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
          local stored = tonumber(redis.call('GET', key) or now) or now
          full[i] = math.min(math.max(stored, now), now + capacity)
          if stored > full[i] then
            redis.call('SET', key, string.format('%.0f', full[i]), 'PX', math.ceil(capacity / 1000))
          end
          wait[i] = math.max(0, full[i] + interval * requests - now - capacity)
          if wait[i] > 0 then allowed = false end
        end
        local result = {}
        for i, key in ipairs(KEYS) do
          if allowed and counts then
            full[i] = full[i] + tonumber(ARGV[2 * i - 1]) * requests
            redis.call('SET', key, string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000))
          end
          result[#result + 1] = full[i] - now
          result[#result + 1] = wait[i]
        end
        return result
        """)
}
