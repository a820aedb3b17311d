package import Logging
package import PixelFlowCache
package import PixelFlowHTTP
package import PixelFlowLimits
package import ServiceLifecycle

/// Keeps what may be lost: the counts of rate limits, cached answers and the signal of revocations. In one Redis, which replicas share, or
/// in the memory of the process.
package struct CacheBackend: Sendable {
    package let limiter: any RateLimiter
    /// Whether other replicas count with `limiter`.
    package let isShared: Bool
    package let store: any CacheStore
    /// Tells processes of revocations; nil where there is none but this one, or no way to tell them.
    package let revocations: (any InvalidationSignal)?
    /// None for memory.
    package let checks: [HealthCheck]
    /// Ask Redis how it is set up, for operators.
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

    /// Lets a verifier hear of revocations at once.
    package func followers(_ verifier: TokenVerifier, logger: Logger) -> [any Service] {
        revocations.map { [RevocationFollower($0, verifier: verifier, logger: logger)] } ?? []
    }

    /// In the memory of this process.
    ///
    /// - Parameter isAlone: whether this is the only process of its kind.
    package static func inMemory(isAlone: Bool) -> CacheBackend {
        CacheBackend(limiter: InMemoryRateLimiter(), store: InMemoryCacheStore(isAlone: isAlone))
    }
}
