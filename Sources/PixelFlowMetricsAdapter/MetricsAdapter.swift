import FoundationEssentials
package import Hummingbird
package import KubernetesClient
package import Logging
package import Metrics
package import PixelFlowCore
package import PixelFlowHTTP
import PixelFlowTelemetry
package import ServiceLifecycle

/// Serves the lag of the workers' group as an external metric to callers authenticated by the API server.
///
/// It needs neither Kafka nor the API server to start: while Kafka is down, the metric is an error; while the API server
/// is down, no caller is trusted.
package struct MetricsAdapter: Sendable {
    /// Certificates are renewed months in advance; this bounds how long a replica serves one that another replica has replaced.
    static let certificatePace: Duration = .seconds(15)
    /// The front-proxy authority changes about once a year, and during the change, both are trusted.
    static let trustPace: Duration = .seconds(30)
    /// Short, because the API server is back soon after a restart.
    private static let retries = RetryPolicy.every(.seconds(2))

    let authenticator: RequestHeaderAuthenticator
    let certificates: CertificateManager
    let server: MetricsAPIServer
    private let settings: AdapterSettings
    private let lag: LagReader
    private let clock: AdapterClock
    private let logger: Logger
    private let factory: any MetricsFactory

    /// - Parameters:
    ///   - labels: of the metric: the `group` and the `topic` that `source` reads.
    ///   - cluster: must outlive the services.
    ///   - metrics: those of the process by default.
    package init(
        settings: AdapterSettings, labels: [String: String], source: any LagSource, cluster: ClusterClient, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.init(
            settings: settings, labels: labels, source: source, cluster: cluster, logger: logger, metrics: metrics, clock: AdapterClock())
    }

    init(
        settings: AdapterSettings, labels: [String: String], source: any LagSource, cluster: ClusterClient, logger: Logger,
        metrics factory: any MetricsFactory, clock: AdapterClock, issuer: CertificateIssuer? = nil,
        recovery: BrokerRecovery = BrokerRecovery()
    ) {
        let metrics = AdapterMetrics(factory)
        let identity = ServingIdentity()
        let shared = SharedCertificate(
            cluster: cluster, secret: settings.secret, namespace: settings.namespace,
            issuer: issuer ?? CertificateIssuer(names: settings.serverNames), clock: clock, logger: logger)
        let registration = APIRegistration(cluster: cluster, service: settings.service, namespace: settings.namespace, logger: logger)
        let lag = LagReader(source, target: settings.target, clock: clock, metrics: metrics, logger: logger, recovery: recovery)
        let api = MetricsAPI(lag: lag, reviews: AccessReviews(cluster, clock: clock), labels: labels, logger: logger)
        let authenticator = RequestHeaderAuthenticator(cluster)
        self.settings = settings
        self.authenticator = authenticator
        self.lag = lag
        self.clock = clock
        self.logger = logger
        self.factory = factory
        certificates = CertificateManager(shared: shared, registration: registration, identity: identity, clock: clock, metrics: metrics)
        server = MetricsAPIServer(api: api, authenticator: authenticator, identity: identity, metrics: metrics, logger: logger)
    }

    /// All services required to serve the metric.
    ///
    /// - Parameter onReady: called with the port of the metrics API once it is open.
    package func services(host: String, onReady: @escaping @Sendable (Int) -> Void = { _ in }) -> [any ServiceLifecycle.Service] {
        let (certificates, authenticator) = (certificates, authenticator)
        return [
            PeriodicService("renewal of the certificate", every: Self.certificatePace, retries: Self.retries, logger: logger) {
                try await certificates.renew()
            },
            PeriodicService("refresh of the trusted front-proxy authority", every: Self.trustPace, retries: Self.retries, logger: logger) {
                try await authenticator.refresh()
            },
            server.service(host: host, port: settings.port, onReady: onReady),
        ]
    }

    /// `/livez`, `/readyz` and `/metrics`.
    ///
    /// An outage of the broker is reported but does not make the adapter unready: without a ready adapter the whole API
    /// group is unavailable, which affects every client of the cluster and is less specific than an error of the metric.
    package func healthRouter(drain: DrainState) -> Router<AppRequestContext> {
        let (identity, authenticator, lag, clock) = (server.identity, authenticator, lag, clock)
        let health = HealthRoutes(
            checks: [
                HealthCheck("certificate", need: .always) {
                    guard identity.isValid(at: Date(timeIntervalSince1970: clock.now().secondsSinceEpoch)) else { throw NotReadyError() }
                },
                HealthCheck("trust", need: .always) { guard authenticator.isReady else { throw NotReadyError() } },
                HealthCheck("broker", need: .never) { _ = try await lag.reading() },
            ], drain: drain)
        return ServiceRouter.make(metrics: ServiceMetrics(service: "adapter", factory: factory), health: health)
    }

    private struct NotReadyError: Error {}
}

extension MetricsAdapter {
    /// A client of the cluster in which this process runs, or of the cluster in the kubeconfig.
    ///
    /// - Throws: `setting_invalid` if there is neither, or it is invalid. Does not connect.
    package static func cluster(environment: [String: String]) throws(PixelFlowError) -> ClusterClient {
        do {
            var configuration = try ClusterConfiguration.load(environment: environment)
            configuration.userAgent = "pixelflow-metrics-adapter"
            // Short, because the API server itself waits for our response.
            configuration.requestTimeout = .seconds(10)
            configuration.connectTimeout = .seconds(5)
            return try ClusterClient(configuration)
        } catch {
            throw .invalid("KUBECONFIG", "No Kubernetes cluster is configured: \(error).", code: "setting_invalid")
        }
    }
}
