package import Metrics
import Prometheus

/// Where the metrics of a service are created, and which metrics of the process its port serves.
package struct ServiceMetrics: Sendable {
    /// The first word of the service's own metrics, as in `api`.
    let service: String
    let factory: any MetricsFactory
    private let prefixes: [String]

    /// - Parameters:
    ///   - prefixes: more that this service shows and no other service of the same process does;
    ///     matters only where several share a process.
    ///   - factory: the registry that `Telemetry.bootstrap` has set up, unless given.
    package init(service: String, claiming prefixes: [String] = [], factory: any MetricsFactory = MetricsSystem.factory) {
        self.service = service
        self.factory = factory
        self.prefixes = ["\(service)_"] + prefixes
    }

    /// Claims the metrics that the service serves. Nil if the process has no registry of ours; then there is no `/metrics`.
    func makePage() -> PrometheusRegistry.Page? { (factory as? PrometheusRegistry)?.page(claiming: prefixes) }
}
