package import Hummingbird
package import Metrics
package import PixelFlowHTTP

extension WorkerService {
    /// The worker's probes and metrics; it has no other routes.
    ///
    /// - Parameter prefixes: prefixes of metrics that this endpoint also serves for services of the same process without metrics of their
    ///   own.
    package static func router(
        health: HealthRoutes, claiming prefixes: [String] = [], metrics: any MetricsFactory = MetricsSystem.factory
    ) -> Router<AppRequestContext> {
        let claims = ["task", "source_", "render_", "output", "dispatch_", "dispatched_", "redispatched_", "lost_leases_", "publish_"]
        return ServiceRouter.make(metrics: ServiceMetrics(service: "worker", claiming: claims + prefixes, factory: metrics), health: health)
    }
}
