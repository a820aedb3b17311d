package import Logging
import Metrics
package import PixelFlowBackends
import PixelFlowCache
package import PixelFlowCore
import PixelFlowHTTP
import PixelFlowLimits
import PixelFlowRedis
import PixelFlowRuntime

/// `redis://` and `rediss://` are shared with other replicas; `memory:` is not.
extension CacheBackend {
    package static let settings: [SettingDescription] = RedisSettings.descriptions

    /// Opens Redis if a URL is set, without using the network. During an outage of Redis, the memory of this process replaces it.
    ///
    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package static func servers(_ settings: Settings, logger: Logger) throws(PixelFlowError) -> CacheBackend {
        guard let redis = try RedisSettings.read(settings) else {
            logger.notice("rate limits are counted in this process alone; set PIXELFLOW_CACHE_URL to share them between replicas")
            return .inMemory(isAlone: false)
        }
        let client = try RedisClient(redis)
        // No metrics: its commands block, so their durations do not reflect the latency of Redis.
        let listener = try RedisClient(RedisInvalidationSignal.listenerSettings(redis), metrics: NOOPMetricsHandler.instance)
        let limiter = FailOpenRateLimiter(
            shared: ReservingRateLimiter(RedisRateLimiter(client)), local: InMemoryRateLimiter(), logger: logger)
        return CacheBackend(
            limiter: limiter, isShared: true,
            store: FailOpenCacheStore(
                shared: RedisCacheStore(client), local: InMemoryCacheStore(isAlone: false), logger: logger),
            revocations: RedisInvalidationSignal(sender: client, listener: listener, name: "revocations"),
            checks: [HealthCheck("cache", need: .never) { try await client.check() }],
            probes: [BackendProbe("cache", client)],
            services: [
                ClosingService {
                    await listener.shutDown()
                    await client.shutDown()
                }
            ])
    }
}
