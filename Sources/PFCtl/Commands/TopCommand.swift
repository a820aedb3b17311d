import ArgumentParser
import KubernetesClient

struct TopCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Shows what the services and their pods use.",
        discussion: """
            Examples:
              pfctl top
              pfctl top worker
              pfctl top -o wide     With what they asked for
            """)

    @Argument(help: "Only this service.") var service: String?

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let client = try session.client()
        async let found = Installation.find(in: session)
        async let listed = client.list(Pod.self, in: .current, InstallationLabels.everything)
        let metrics = try await Self.metrics(client)
        let installation = try await found
        let chosen = try service.map { [try installation.workload($0)] } ?? installation.workloads
        let pods = try await listed.items.filter { $0.metadata.release == installation.release }
        session.print(UsageReport(workloads: chosen, pods: pods, metrics: metrics).document)
        return .ok
    }

    private static func metrics(_ client: ClusterClient) async throws -> [PodMetrics] {
        do {
            return try await client.podMetrics(labelSelector: InstallationLabels.everything.labelSelector)
        } catch let error as KubernetesError where error.kind == .notFound || error.kind == .server {
            throw CommandFailure(.failed, "the cluster does not measure pods: metrics.k8s.io is not served", hint: "install metrics-server")
        }
    }
}
