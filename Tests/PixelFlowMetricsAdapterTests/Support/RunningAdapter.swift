import KubernetesStandIn
import ServiceLifecycle
import Testing

@testable import PixelFlowMetricsAdapter

extension Cluster {
    /// Runs a replica with everything that belongs to it, until the body ends.
    func running(_ adapter: MetricsAdapter, _ body: (Int) async throws -> Void) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in adapter.services(host: "127.0.0.1", onReady: { port.yield($0) }) {
                group.addTask { try await service.run() }
            }
            let found = await ports.first { _ in true }
            try await body(try #require(found))
            group.cancelAll()
            while let ended = await group.nextResult() { _ = ended }
        }
    }

    /// Runs a replica until the API server could use it.
    func serving(_ adapter: MetricsAdapter, _ body: (APIServer) async throws -> Void) async throws {
        try await running(adapter) { port in
            try await eventually("certificate and trust") {
                adapter.server.identity.context != nil && adapter.gate.isReady && caBundle != nil
            }
            try await body(APIServer(port: port, shows: try proxy.certificate(), caBundle: try #require(caBundle)))
        }
    }
}

/// Waits for something that another task or connection brings about.
func eventually(
    within limit: Duration = .seconds(20), _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record(what, sourceLocation: sourceLocation)
}
