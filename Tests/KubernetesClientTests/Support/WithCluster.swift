import FakeKubernetes
import KubernetesClient

/// Runs a test with a separate fake cluster, and a client of `admin`, who has a certificate.
func withCluster(
    login: FakeCluster.Login = .certificate(user: "admin"), change: (inout ClusterConfiguration) -> Void = { _ in },
    _ body: (FakeCluster, ClusterClient) async throws -> Void
) async throws {
    let cluster = try await FakeCluster.start()
    var configuration = try cluster.configuration(login)
    change(&configuration)
    try await withClient(configuration) { client in
        do {
            try await body(cluster, client)
        } catch {
            // The first failure counts.
            try? await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }
}

/// Runs a test with a client, and closes it afterwards.
func withClient(_ configuration: ClusterConfiguration, _ body: (ClusterClient) async throws -> Void) async throws {
    let client = try ClusterClient(configuration)
    do {
        try await body(client)
    } catch {
        await client.shutdown()
        throw error
    }
    await client.shutdown()
}

/// The kind of error that a call throws; nil if it succeeds.
func errorKind(_ call: () async throws -> Void) async -> KubernetesError.Kind? {
    await kubernetesError(call)?.kind
}

func kubernetesError(_ call: () async throws -> Void) async -> KubernetesError? {
    do {
        try await call()
        return nil
    } catch {
        return error as? KubernetesError
    }
}
