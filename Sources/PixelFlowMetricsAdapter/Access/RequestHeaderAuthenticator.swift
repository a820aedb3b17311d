import KubernetesClient
import Synchronization
import X509

/// Authenticates callers. Call `refresh` regularly to keep the trust current.
final class RequestHeaderAuthenticator: Sendable {
    private let cluster: ClusterClient
    private let trust = Mutex<FrontProxyTrust?>(nil)

    init(_ cluster: ClusterClient) { self.cluster = cluster }

    /// Whether the front-proxy authority is known, so that callers can be authenticated.
    var isReady: Bool { trust.withLock { $0 != nil } }

    /// Reloads the cluster's front-proxy authority. If that fails, the previous trust stays in effect.
    func refresh() async throws {
        let reference = FrontProxyTrust.configMap
        let fresh = try FrontProxyTrust(try await cluster.get(.configMaps, reference.name, in: reference.namespace))
        trust.withLock { $0 = fresh }
    }

    /// - Parameter chain: the certificates that the client of the connection has presented, leaf first.
    /// - Returns: nil if the client is not the API server, or identifies no user.
    func caller(showing chain: [Certificate], headers: [(name: String, value: String)]) async -> Caller? {
        guard let trust = trust.withLock({ $0 }), await trust.accepts(chain) else { return nil }
        return trust.caller(headers)
    }
}
