import HTTPTypes
import Hummingbird
package import Metrics
import NIOCore
import OpenAPI
import Prometheus

/// Where a service creates its metrics, and which metrics of the process its port serves.
package struct ServiceMetrics: Sendable {
    /// The prefix of the service's own metrics, such as `api`.
    let service: String
    let factory: any MetricsFactory
    private let prefixes: [String]

    /// - Parameters:
    ///   - prefixes: further prefixes that this service serves and no other service of the same process does; relevant only if several
    ///     share a process.
    ///   - factory: by default, the registry set up by `Telemetry.bootstrap`.
    package init(service: String, claiming prefixes: [String] = [], factory: any MetricsFactory = MetricsSystem.factory) {
        self.service = service
        self.factory = factory
        self.prefixes = ["\(service)_"] + prefixes
    }

    /// Claims the metrics that the service serves. Nil if the process does not use `PrometheusRegistry`; then there is no `/metrics`.
    func makePage() -> PrometheusRegistry.Page? { (factory as? PrometheusRegistry)?.page(claiming: prefixes) }
}

/// `GET /metrics`: the metrics of the process, for Prometheus.
struct MetricsRoute: Sendable {
    private let page: PrometheusRegistry.Page
    private let health: HealthRoutes
    private let checks: [String: Gauge]
    private let service: String

    /// - Returns: nil if there is nothing to serve.
    init?(_ metrics: ServiceMetrics, health: HealthRoutes) {
        guard let page = metrics.makePage() else { return nil }
        self.page = page
        self.health = health
        service = metrics.service
        checks = Dictionary(
            health.checkNames.map { name in
                (name, Gauge(label: "\(metrics.service)_health_check_up", dimensions: [("check", name)], factory: metrics.factory))
            }
        ) { $1 }
    }

    var route: Route {
        Route(
            .get, "/metrics", id: "\(service)Metrics", tag: "service", "Read the metrics of the process",
            details: "For Prometheus, on the ports inside the installation.", access: .anyone,
            responses: [ResponseDescription(200, "The metrics.", [.init("text/plain", .schema(.string()))])]
        ) { _, _ in await scrape() }
    }

    /// A scrape also runs the checks, so that their gauges are current even if nothing calls `/readyz`.
    private func scrape() async -> Response {
        for (name, outcome) in await health.outcomes() { checks[name]?.record(outcome == .ok ? 1 : 0) }
        return Response(
            status: .ok, headers: [.contentType: PrometheusRegistry.Page.mediaType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: page.text())))
    }
}
