package import PixelFlowHTTP
package import PixelFlowLimits
package import ServiceLifecycle

/// Where requests are counted for the rate limits: in the process, or with other replicas.
package struct RequestCounting: Sendable {
    package let limiter: any RateLimiter
    /// The same, where other replicas count with it.
    package let shared: (any RateLimiter)?
    /// None for a counter in the process.
    package let checks: [HealthCheck]
    /// What runs for as long as requests are counted; started first, stopped last.
    package let services: [any Service]

    package init(limiter: any RateLimiter, isShared: Bool = false, checks: [HealthCheck] = [], services: [any Service] = []) {
        self.limiter = limiter
        shared = isShared ? limiter : nil
        self.checks = checks
        self.services = services
    }

    /// In this process alone.
    package static var inMemory: RequestCounting { RequestCounting(limiter: InMemoryRateLimiter()) }
}
