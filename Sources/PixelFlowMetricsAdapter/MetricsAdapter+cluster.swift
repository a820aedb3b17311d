package import KubernetesClient
package import PixelFlowCore

extension MetricsAdapter {
    /// A client of the cluster that this process runs in, or of that of the kubeconfig.
    ///
    /// - Throws: `setting_invalid` if there is neither, or it makes no sense. Nothing is connected to.
    package static func cluster(environment: [String: String]) throws(PixelFlowError) -> ClusterClient {
        do {
            var configuration = try ClusterConfiguration.load(environment: environment)
            configuration.userAgent = "pixelflow-metrics-adapter"
            // The API server itself waits for an answer of ours.
            configuration.requestTimeout = .seconds(10)
            configuration.connectTimeout = .seconds(5)
            return try ClusterClient(configuration)
        } catch {
            throw .invalid("KUBECONFIG", "No Kubernetes cluster is configured: \(error).", code: "setting_invalid")
        }
    }
}
