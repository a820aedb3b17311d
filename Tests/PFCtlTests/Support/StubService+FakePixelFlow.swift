import FakeKubernetes
import StubService

extension StubService {
    /// Runs a body with an installation in which the pods of a service forward to this one.
    static func run(
        _ component: String, port: Int, _ respond: @escaping Responder,
        _ body: @Sendable (FakePixelFlow, StubService) async throws -> Void
    ) async throws {
        let service = try await start(respond)
        try await FakePixelFlow.run { pixelflow in
            for pod in pixelflow.pods(of: component) {
                pixelflow.cluster.expose(pod: pod, port: port, namespace: FakePixelFlow.namespace, localPort: service.port)
            }
            try await body(pixelflow, service)
        }
        await service.stop()
    }
}
