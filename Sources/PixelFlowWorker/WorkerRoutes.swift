public import Hummingbird
public import Metrics
public import PixelFlowHTTP

extension WorkerService {
    /// The worker's probes and metrics; it has no other routes.
    public static func router(
        health: HealthRoutes, metrics: any MetricsFactory = MetricsSystem.factory
    ) -> Router<AppRequestContext> {
        let claims = ["task", "source_", "render_", "output", "dispatched_", "redispatched_", "lost_leases_", "announcements_"]
        return ServiceRouter.make(metrics: ServiceMetrics(service: "worker", claiming: claims, factory: metrics), health: health) { _ in }
    }
}
