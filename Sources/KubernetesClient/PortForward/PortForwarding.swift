import NIOCore
import NIOPosix

/// A port of a pod.
public struct PodPort: Sendable, Hashable {
    public var pod: String
    public var namespace: String?
    public var port: Int

    /// - Parameter namespace: Nil for the namespace of the configuration.
    public init(pod: String, namespace: String? = nil, port: Int) {
        self.pod = pod
        self.namespace = namespace
        self.port = port
    }
}

/// An event of a connection through a forwarded port.
public enum PortForwardEvent: Sendable {
    /// A connection has reached the pod.
    case connected(PodPort)
    /// A pod was unreachable or closed a connection; it may be gone. The next connection selects
    /// a pod again. Nil if no pod was found.
    case failed(PodPort?, KubernetesError)
    /// A connection was closed.
    case closed(PodPort)
}

/// A local port whose connections are forwarded to a pod, each through its own WebSocket.
///
/// The pod is selected for each connection, so a pod that is gone can be replaced
/// without changing the local port.
public final class PortForwarding: Sendable {
    /// Selects the pod of a connection.
    public typealias Target = @Sendable () async throws -> PodPort

    public let localPort: Int
    /// For one reader. Keeps the last 64 unread events.
    public let events: AsyncStream<PortForwardEvent>
    private let listener: any Channel
    private let serving: Task<Void, Never>

    fileprivate init(
        listener: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>, relay: PortRelay, events: AsyncStream<PortForwardEvent>
    ) {
        self.listener = listener.channel
        self.events = events
        localPort = listener.channel.localAddress?.port ?? 0
        serving = Task { await relay.serve(listener) }
    }

    deinit {
        serving.cancel()
        listener.close(promise: nil)
    }

    /// Stops listening and closes all connections.
    public func close() async {
        serving.cancel()
        try? await listener.close()
        await serving.value
    }
}

extension ClusterClient {
    /// Listens on the loopback interface and forwards connections to a pod.
    /// - Parameters:
    ///   - localPort: 0 for any free port.
    ///   - target: Selects the pod of a connection. Called once more if that pod is unreachable.
    /// - Throws: `KubernetesError` of kind `localPort` if the port is in use.
    public func forwardPort(_ localPort: Int = 0, to target: @escaping PortForwarding.Target) async throws -> PortForwarding {
        let (events, continuation) = AsyncStream.makeStream(of: PortForwardEvent.self, bufferingPolicy: .bufferingNewest(64))
        let relay = PortRelay(transport: transport, namespace: namespace, target: target, events: continuation)
        do {
            let listener = try await ServerBootstrap(group: transport.group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: "127.0.0.1", port: localPort) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            return PortForwarding(listener: listener, relay: relay, events: events)
        } catch {
            throw KubernetesError(.localPort, "the local port \(localPort) cannot be opened: it is in use or needs more privileges")
        }
    }
}
