import Deadlines
import FakeKubernetes
import ServiceLifecycle
import Testing

@testable import PixelFlowMetricsAdapter

extension Cluster {
    /// Runs a replica with all its services until the body ends.
    func running(_ adapter: MetricsAdapter, _ body: (Int) async throws -> Void) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in adapter.services(host: "127.0.0.1", onReady: { port.yield($0) }) {
                group.addTask { try await service.run() }
            }
            let found = try await ports.first("the adapter to listen")
            try await body(try #require(found))
            group.cancelAll()
            while let ended = await group.nextResult() { _ = ended }
        }
    }

    /// Runs a replica, and starts the body once the API server could use the replica.
    func serving(_ adapter: MetricsAdapter, _ body: (APIServer) async throws -> Void) async throws {
        try await running(adapter) { port in
            try await eventually(within: .seconds(20), "certificate and trust") {
                adapter.server.identity.context != nil && adapter.authenticator.isReady && caBundle != nil
            }
            try await body(APIServer(port: port, shows: try proxy.certificate(), caBundle: try #require(caBundle)))
        }
    }
}
