import FakeKubernetes
import KubernetesClient
import Logging
import Metrics
import WireFormats

@testable import PixelFlowMetricsAdapter

/// A cluster with the objects that the chart installs for the adapter.
struct Cluster: Sendable {
    static let settings = {
        var settings = AdapterSettings()
        settings.port = 0
        settings.target = 10
        settings.namespace = "images"
        settings.service = "pixelflow-metrics-adapter"
        settings.secret = "pixelflow-metrics-adapter-certificate"
        return settings
    }()
    static let adapterUser = "system:serviceaccount:images:pixelflow-metrics-adapter"
    static let reader = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"

    let api: FakeCluster
    let client: ClusterClient
    let proxy: FrontProxy

    static func with(_ body: (Cluster) async throws -> Void) async throws {
        let api = try await FakeCluster.start()
        let proxy = try FrontProxy()
        let client = try ClusterClient(try api.configuration(.certificate(user: adapterUser)))
        let cluster = Cluster(api: api, client: client, proxy: proxy)
        api.put(.apiServices, apiService())
        api.put(.configMaps, proxy.configMap, namespace: "kube-system")
        let result: Result<Void, any Error>
        do { result = .success(try await body(cluster)) } catch { result = .failure(error) }
        await client.shutdown()
        do { try await api.stop() } catch {
            // The first failure is the one that counts.
            if case .success = result { throw error }
        }
        try result.get()
    }

    /// As the chart renders it.
    static func apiService(service: String = "pixelflow-metrics-adapter") -> JSONValue {
        [
            "metadata": ["name": "v1beta1.external.metrics.k8s.io"],
            "spec": [
                "group": "external.metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
                "service": ["name": .string(service), "namespace": "images", "port": 443],
            ],
        ]
    }

    var secret: JSONValue? { api.object(.secrets, Self.settings.secret, namespace: Self.settings.namespace) }

    /// The authority that the API server has been told to trust; nil if none.
    var caBundle: String? { api.object(.apiServices, APIRegistration.name)?["spec"]?["caBundle"]?.stringValue }

    static var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    /// One replica, not running. It already knows the broker unless it has just started.
    func adapter(
        _ source: any LagSource = ScriptedLag([3, 4]), clock: AdapterClock = AdapterClock(), issuer: CertificateIssuer? = nil,
        hasJustStarted: Bool = false
    ) -> MetricsAdapter {
        MetricsAdapter(
            settings: Self.settings, labels: ["group": "workers", "topic": "tasks"], source: source, cluster: client, logger: Self.logger,
            metrics: NOOPMetricsHandler.instance, clock: clock, issuer: issuer, recovery: BrokerRecovery(isKnown: !hasJustStarted))
    }
}
