public import Hummingbird
public import Metrics
public import PixelFlowHTTP

extension WorkerService {
    /// The worker's probes and metrics; it has no other routes.
    ///
    /// - Parameter prefixes: of metrics that are shown here for services of the same process that show none.
    public static func router(
        health: HealthRoutes, claiming prefixes: [String] = [], metrics: any MetricsFactory = MetricsSystem.factory
    ) -> Router<AppRequestContext> {
        let claims = ["task", "source_", "render_", "output", "dispatched_", "redispatched_", "lost_leases_", "announcements_"]
        return ServiceRouter.make(metrics: ServiceMetrics(service: "worker", claiming: claims + prefixes, factory: metrics), health: health)
        { _ in }
    }
}
