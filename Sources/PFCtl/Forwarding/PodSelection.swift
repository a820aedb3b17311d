import KubernetesClient
import Synchronization

/// Which pod of a service a connection goes to: one that is ready, and another one once that is gone.
final class PodSelection: Sendable {
    private let first: Mutex<String?>

    /// - Parameter first: A pod that is known to be ready, taken for the first connection.
    init(first: String? = nil) {
        self.first = Mutex(first)
    }

    func pod(of target: ForwardedService.Target, release: String?, _ client: ClusterClient) async throws -> PodPort {
        if let name = first.withLock({ $0.take() }) { return PodPort(pod: name, port: target.port) }
        let pods = try await client.list(Pod.self, in: .current, InstallationLabels.everything).items
        let ready = pods.filter { pod in
            pod.metadata.component == target.rawValue && release.map { $0 == pod.metadata.release } ?? true && PodHealth(pod).isReady
        }
        guard let pod = ready.min(by: { $0.name < $1.name }) else {
            throw KubernetesError(.notFound, "no pod of \(target.rawValue) is ready")
        }
        return PodPort(pod: pod.name, port: target.port)
    }
}
