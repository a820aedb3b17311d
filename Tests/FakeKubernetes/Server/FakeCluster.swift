import Deadlines
import KubernetesClient
import NIOCore
import NIOPosix
import Synchronization

/// A small in-memory Kubernetes API over TLS: objects with resource versions, watches, patches, the
/// scale subresource, logs, forwarded ports, access rules, and faults on demand.
///
/// Nothing happens on its own: a test advances deployments (`advanceRollout`) and injects faults (`fail`,
/// `disconnectStreams`, `compact`).
package final class FakeCluster: Sendable {
    package let authority: CertificateAuthority
    package let port: Int
    let memory: FakeClusterMemory
    private let listener: any Channel
    private let serving: Task<Void, Never>

    /// Starts on a free port of 127.0.0.1.
    /// - Parameters:
    ///   - certificate: The server's; nil for a valid one.
    package static func start(
        authority: CertificateAuthority? = nil, certificate: IssuedCertificate? = nil
    ) async throws -> FakeCluster {
        let authority = try authority ?? CertificateAuthority()
        let memory = FakeClusterMemory()
        let server = FakeClusterServer(memory: memory, certificates: try ClientCertificates(authority: authority))
        let listener = try await server.bind(try certificate ?? authority.server())
        return FakeCluster(authority: authority, memory: memory, listener: listener, server: server)
    }

    private init(
        authority: CertificateAuthority, memory: FakeClusterMemory, listener: FakeClusterServer.Listener, server: FakeClusterServer
    ) {
        self.authority = authority
        self.memory = memory
        self.listener = listener.channel
        port = listener.channel.localAddress?.port ?? 0
        serving = Task { await server.serve(listener) }
    }

    /// Closes all connections.
    ///
    /// - Throws: `DeadlineExceeded` if one does not close.
    package func stop() async throws {
        let connections = memory.withLock { state in
            state.isStopped = true
            state.endStreams()
            return Array(state.connections.values)
        }
        serving.cancel()
        try? await listener.close()
        // Otherwise, shutdown would wait for connections without any traffic.
        for connection in connections { connection.close(promise: nil) }
        try await serving.value("the connections of the stand-in to end")
    }

    package var url: String { "https://127.0.0.1:\(port)" }
}

/// The state of the fake cluster, shared with the server.
final class FakeClusterMemory: Sendable {
    private let state = Mutex(FakeClusterState())

    /// Registers a connection until it closes; closes it if the server has stopped.
    func keep(_ channel: any Channel) {
        let identifier = ObjectIdentifier(channel)
        let isStopped = withLock { state in
            state.connections[identifier] = channel
            return state.isStopped
        }
        if isStopped { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in self.withLock { _ = $0.connections.removeValue(forKey: identifier) } }
    }

    func withLock<Result: Sendable>(_ body: (inout FakeClusterState) throws -> Result) rethrows -> Result {
        try state.withLock { try body(&$0) }
    }
}
