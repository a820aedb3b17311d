package import Logging
package import PixelFlowCache
package import PixelFlowHTTP
package import PixelFlowLimits
package import ServiceLifecycle

/// Stores data that may be lost: rate limit counters, cached responses and the revocation signal. Either in a Redis that replicas
/// share, or in the memory of the process.
package struct CacheBackend: Sendable {
    package let limiter: any RateLimiter
    /// Whether `limiter` counts together with other replicas.
    package let isShared: Bool
    package let store: any CacheStore
    /// Notifies other processes of revocations; nil if there are no others, or no way to notify them.
    package let revocations: (any InvalidationSignal)?
    /// Empty for memory.
    package let checks: [HealthCheck]
    /// Report the configuration of Redis to operators.
    package let probes: [BackendProbe]
    /// The connections; started first, stopped last.
    package let services: [any Service]

    package init(
        limiter: any RateLimiter, isShared: Bool = false, store: any CacheStore, revocations: (any InvalidationSignal)? = nil,
        checks: [HealthCheck] = [], probes: [BackendProbe] = [], services: [any Service] = []
    ) {
        self.limiter = limiter
        self.isShared = isShared
        self.store = store
        self.revocations = revocations
        self.checks = checks
        self.probes = probes
        self.services = services
    }

    /// Services that notify a verifier of revocations immediately.
    package func followers(_ verifier: TokenVerifier, logger: Logger) -> [any Service] {
        revocations.map { [RevocationFollower($0, verifier: verifier, logger: logger)] } ?? []
    }

    /// Uses the memory of this process.
    ///
    /// - Parameter isAlone: whether this is the only process of its kind.
    package static func inMemory(isAlone: Bool) -> CacheBackend {
        CacheBackend(limiter: InMemoryRateLimiter(), store: InMemoryCacheStore(isAlone: isAlone))
    }
}
