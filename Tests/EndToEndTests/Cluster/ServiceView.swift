import FakeKubernetes
import Foundation
import Testing

/// A live cluster as Kubernetes sees it: a pod for each process, probed as in the chart, and the Services of the chart.
/// The fake Kubernetes computes which pods get connections.
final class ServiceView: Sendable {
    /// As in the chart (`pixelflow.probes`).
    static let failureThreshold = 2

    private static let ports = ["api": 8080, "auth": 50051, "web": 3000]

    private let live: LiveCluster
    private let cluster: FakeCluster
    /// By pod name.
    private let members: [String: LiveCluster.Member]

    /// Runs `body` with the view of a cluster whose members are ready.
    static func run(_ live: LiveCluster, _ body: (ServiceView) async throws -> Void) async throws {
        let cluster = try await FakeCluster.start()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(ServiceView(live, cluster))) } catch { outcome = .failure(error) }
        try await cluster.stop()
        try outcome.get()
    }

    private init(_ live: LiveCluster, _ cluster: FakeCluster) {
        self.live = live
        self.cluster = cluster
        var members: [String: LiveCluster.Member] = [:]
        for (service, port) in Self.ports {
            let own = live.members.filter { $0.service == service }.sorted { $0.number < $1.number }
            cluster.deploy(service, replicas: own.count, containerPort: port)
            cluster.serve(service, port: port)
            for (pod, member) in zip(cluster.pods(of: service), own) { members[pod] = member }
        }
        self.members = members
    }

    /// Probes every pod as often as needed to make one unready.
    func probe() async throws {
        for _ in 0...Self.failureThreshold {
            for (pod, member) in members {
                let response = try? await Person(service: live.endpoint(api: 1)).get("/readyz", port: live.probePort(of: member))
                cluster.noteProbe(of: pod, isOK: response?.status == 200, failureThreshold: Self.failureThreshold)
            }
        }
    }

    /// The processes to which a Service sends connections.
    func endpoints(of service: String) -> [LiveCluster.Member] { cluster.endpoints(of: service).compactMap { members[$0.pod] } }
}
