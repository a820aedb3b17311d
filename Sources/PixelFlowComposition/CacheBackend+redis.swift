package import Logging
import Metrics
package import PixelFlowBackends
import PixelFlowCache
package import PixelFlowCore
import PixelFlowHTTP
import PixelFlowLimits
import PixelFlowRedis
import PixelFlowRuntime

/// `redis://` and `rediss://` share with other replicas; `memory:` does not.
extension CacheBackend {
    package static let settings: [SettingDescription] = RedisSettings.descriptions

    /// Opens Redis if there is a URL of it, without touching the network. While Redis is away, the memory of this process takes its place.
    ///
    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package static func servers(_ settings: Settings, logger: Logger) throws(PixelFlowError) -> CacheBackend {
        guard let redis = try RedisSettings.read(settings) else {
            logger.notice("rate limits are counted in this process alone; set PIXELFLOW_CACHE_URL to share them between replicas")
            return .inMemory(isAlone: false)
        }
        let client = try RedisClient(redis)
        // Its commands wait, so they are no measure of how fast Redis is.
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
