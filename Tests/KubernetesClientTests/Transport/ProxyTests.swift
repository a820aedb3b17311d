import FakeKubernetes
import KubernetesClient
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ProxyTests {
    @Test func callsAndForwardsGoThroughTheProxy() async throws {
        let proxy = try await TunnelProxy.start()
        try await withCluster(change: { $0.proxyURL = "http://me:secret@127.0.0.1:\(proxy.port)" }) { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.echo(pod: pod, port: 8_080)
            _ = try await client.version()
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: 8_080) }
            let echoed = try await LocalConnection.exchange("through", port: forwarding.localPort)
            #expect(echoed == "through")
            await forwarding.close()
            #expect(proxy.heads.count == 2)
            #expect(proxy.heads.allSatisfy { $0.hasPrefix("CONNECT 127.0.0.1:\(cluster.port) HTTP/1.1\r\n") })
            // me:secret
            #expect(proxy.heads.allSatisfy { $0.lowercased().contains("proxy-authorization: basic bwu6c2vjcmv0") })
        }
        try await proxy.stop()
    }

    @Test func otherProxiesAreRefused() throws {
        var configuration = ClusterConfiguration(server: "https://host", user: Kubeconfig.User())
        configuration.proxyURL = "ftp://proxy"
        #expect(throws: KubernetesError.self) { try ClusterClient(configuration) }
    }
}

/// An HTTP proxy for tunnels.
final class TunnelProxy: Sendable {
    let port: Int
    private let listener: any Channel
    private let seen: Heads

    var heads: [String] { seen.values.withLock { $0 } }

    private init(listener: any Channel, seen: Heads) {
        self.listener = listener
        self.seen = seen
        port = listener.localAddress?.port ?? 0
    }

    static func start() async throws -> TunnelProxy {
        let seen = Heads()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Tunnel(seen: seen)) }
        }.bind(host: "127.0.0.1", port: 0).get()
        return TunnelProxy(listener: listener, seen: seen)
    }

    func stop() async throws { try await listener.close() }
}

private final class Heads: Sendable {
    let values = Mutex<[String]>([])
}

/// Reads the head, connects, then forwards bytes.
private final class Tunnel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let seen: Heads
    private var head = ""
    private var peer: (any Channel)?

    init(seen: Heads) {
        self.seen = seen
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let peer {
            peer.writeAndFlush(bytes, promise: nil)
            return
        }
        head += String(buffer: bytes)
        guard head.contains("\r\n\r\n") else { return }
        seen.values.withLock { $0.append(head) }
        let port = head.split(separator: " ")[1].split(separator: ":").last.flatMap { Int($0) } ?? 0
        let channel = context.channel
        let mine = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop).channelInitializer { server in
            server.eventLoop.makeCompletedFuture { try server.pipeline.syncOperations.addHandler(Return(to: channel)) }
        }.connect(host: "127.0.0.1", port: port).whenSuccess { server in
            mine.value.peer = server
            channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"), promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer?.close(promise: nil)
    }
}

private final class Return: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let client: any Channel

    init(to client: any Channel) {
        self.client = client
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        client.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.close(promise: nil)
    }
}
