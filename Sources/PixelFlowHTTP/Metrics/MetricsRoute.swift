import HTTPTypes
import Hummingbird
import Metrics
import NIOCore
import Prometheus

/// `GET /metrics`: the metrics of the process, for Prometheus.
struct MetricsRoute: Sendable {
    private let page: PrometheusRegistry.Page
    private let health: HealthRoutes
    private let checks: [String: Gauge]

    /// - Returns: nil if there is nothing to show.
    init?(_ metrics: ServiceMetrics, health: HealthRoutes) {
        guard let page = metrics.makePage() else { return nil }
        self.page = page
        self.health = health
        checks = Dictionary(
            health.checkNames.map { name in
                (name, Gauge(label: "\(metrics.service)_health_check_up", dimensions: [("check", name)], factory: metrics.factory))
            }
        ) { $1 }
    }

    func add(to router: Router<AppRequestContext>) {
        router.get("/metrics") { _, _ in await scrape() }
    }

    /// The checks run at each scrape, so that their gauges are current even if nothing calls `/readyz`.
    private func scrape() async -> Response {
        for (name, outcome) in await health.runChecks() { checks[name]?.record(outcome == .ok ? 1 : 0) }
        return Response(
            status: .ok, headers: [.contentType: PrometheusRegistry.Page.mediaType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.text())))
    }
}
