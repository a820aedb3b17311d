import NIOCore
import NIOPosix

/// A port of a pod.
public struct PodPort: Sendable, Hashable {
    public var pod: String
    public var namespace: String?
    public var port: Int

    /// - Parameter namespace: Nil for that of the configuration.
    public init(pod: String, namespace: String? = nil, port: Int) {
        self.pod = pod
        self.namespace = namespace
        self.port = port
    }
}

/// What becomes of the connections through a forwarded port.
public enum PortForwardEvent: Sendable {
    /// A connection reached the pod.
    case connected(PodPort)
    /// A pod could not be reached or closed a connection: it may be gone. The next connection looks
    /// for a pod again. Nil if no pod was found.
    case failed(PodPort?, KubernetesError)
    /// A connection came to its end.
    case closed(PodPort)
}

/// A local port whose connections are forwarded to a pod, each through its own WebSocket.
///
/// The pod is selected for each connection, so that a pod that is gone is replaced by another one
/// without the local port changing.
public final class PortForwarding: Sendable {
    /// Asked for each connection.
    public typealias Target = @Sendable () async throws -> PodPort

    public let localPort: Int
    /// For one reader. Of events that no one reads the last 64 are kept.
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

    /// Stops listening and closes every connection.
    public func close() async {
        serving.cancel()
        try? await listener.close()
        await serving.value
    }
}

extension ClusterClient {
    /// Listens on this computer only and forwards connections to a pod.
    /// - Parameters:
    ///   - localPort: 0 for any that is free.
    ///   - target: Which pod a connection goes to. If it cannot be reached, it is asked once more.
    /// - Throws: `KubernetesError` of kind `localPort` if the port is taken.
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
