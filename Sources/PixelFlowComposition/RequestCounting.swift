package import Logging
package import PixelFlowCache
package import PixelFlowHTTP
package import PixelFlowLimits
package import ServiceLifecycle

/// Where requests are counted for the rate limits and answers are kept: in the process, or with other replicas.
package struct RequestCounting: Sendable {
    package let limiter: any RateLimiter
    /// The same, where other replicas count with it.
    package let shared: (any RateLimiter)?
    package let cache: any CacheStore
    /// Tells processes of revocations; nil where there is none but this one, or no way to tell them.
    package let revocations: (any InvalidationSignal)?
    /// None for a counter in the process.
    package let checks: [HealthCheck]
    /// Ask where requests are counted how it is set up, for operators.
    package let probes: [BackendProbe]
    /// What runs for as long as requests are counted; started first, stopped last.
    package let services: [any Service]

    package init(
        limiter: any RateLimiter, isShared: Bool = false, cache: any CacheStore, revocations: (any InvalidationSignal)? = nil,
        checks: [HealthCheck] = [], probes: [BackendProbe] = [], services: [any Service] = []
    ) {
        self.limiter = limiter
        shared = isShared ? limiter : nil
        self.cache = cache
        self.revocations = revocations
        self.checks = checks
        self.probes = probes
        self.services = services
    }

    /// What has a verifier hear of revocations at once.
    package func followers(_ verifier: TokenVerifier, logger: Logger) -> [any Service] {
        revocations.map { [RevocationFollower($0, verifier: verifier, logger: logger)] } ?? []
    }

    /// In this process alone.
    ///
    /// - Parameter isAlone: whether this is the only process of its kind.
    package static func inMemory(isAlone: Bool) -> RequestCounting {
        RequestCounting(limiter: InMemoryRateLimiter(), cache: InMemoryCacheStore(isAlone: isAlone))
    }
}
