import KubernetesClient
import Synchronization
import X509

/// Authenticates callers. Call `refresh` regularly to keep the trust current.
final class RequestHeaderAuthenticator: Sendable {
    private let cluster: ClusterClient
    private let trust = Mutex<FrontProxyTrust?>(nil)

    init(_ cluster: ClusterClient) { self.cluster = cluster }

    /// Whether anyone could be believed.
    var isReady: Bool { trust.withLock { $0 != nil } }

    /// Reads the cluster's front-proxy authority again. If that fails, the previous trust remains.
    func refresh() async throws {
        let place = FrontProxyTrust.configMap
        let fresh = try FrontProxyTrust(try await cluster.get(.configMaps, place.name, in: place.namespace))
        trust.withLock { $0 = fresh }
    }

    /// - Parameter chain: the certificates that the connection's client has shown, its own first.
    /// - Returns: nil if the client is not the API server, or names no one.
    func caller(showing chain: [Certificate], headers: [(name: String, value: String)]) async -> Caller? {
        guard let trust = trust.withLock({ $0 }), await trust.accepts(chain) else { return nil }
        return trust.caller(headers)
    }
}
