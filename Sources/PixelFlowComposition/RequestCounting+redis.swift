package import Logging
package import PixelFlowBackends
package import PixelFlowCore
import PixelFlowHTTP
import PixelFlowLimits
import PixelFlowRedis
import PixelFlowRuntime

/// `redis://` and `rediss://`: counts with other replicas in Redis; `memory:` counts alone.
extension RequestCounting {
    package static let settings: [SettingDescription] = RedisSettings.descriptions

    /// Opens the counter, without touching the network. While Redis is away requests are counted in this process.
    ///
    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package static func shared(_ settings: Settings, logger: Logger) throws(PixelFlowError) -> RequestCounting {
        guard let redis = try RedisSettings.read(settings) else {
            logger.notice("rate limits are counted in this process alone; set PIXELFLOW_CACHE_URL to share them between replicas")
            return .inMemory
        }
        let client = try RedisClient(redis)
        let limiter = FailOpenRateLimiter(shared: RedisRateLimiter(client), local: InMemoryRateLimiter(), logger: logger)
        return RequestCounting(
            limiter: limiter, isShared: true, checks: [HealthCheck("cache", need: .never) { try await client.check() }],
            services: [ClosingService { await client.shutDown() }])
    }
}
