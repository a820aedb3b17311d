import Deadlines
import FakeKubernetes
import KubernetesClient
import NIOCore
import NIOPosix
import Testing

struct FailureTests {
    @Test func aMissingServerIsUnreachable() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await listener.close()
        try await withClient(ClusterConfiguration(server: "https://127.0.0.1:\(port)", user: Kubeconfig.User())) { client in
            let error = await kubernetesError { _ = try await client.version() }
            #expect(error?.kind == .unreachable)
            #expect(error?.message == "the server 127.0.0.1:\(port) cannot be reached: Connection refused")
        }
    }

    @Test func anUnknownNameIsUnreachable() async throws {
        try await withClient(ClusterConfiguration(server: "https://no-such-host.invalid", user: Kubeconfig.User())) { client in
            let error = await kubernetesError { _ = try await client.version() }
            #expect(error?.kind == .unreachable)
        }
    }

    @Test func serverWithoutTLSIsReported() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Rude())
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await withClient(ClusterConfiguration(server: "https://127.0.0.1:\(port)", user: Kubeconfig.User())) { client in
            #expect(await errorKind { _ = try await client.version() } == .tls(.handshake))
        }
        try await listener.close()
    }

    @Test func aServerThatDoesNotRespondTimesOut() async throws {
        try await withCluster(change: { $0.requestTimeout = .milliseconds(300) }) { cluster, client in
            cluster.fail(FakeClusterFault(.hang))
            #expect(await errorKind { _ = try await client.version() } == .timeout)
        }
    }

    @Test func aConnectionClosedWithoutAResponseIsUnreachable() async throws {
        try await withCluster { cluster, client in
            cluster.fail(FakeClusterFault(.close))
            #expect(await errorKind { _ = try await client.version() } == .unreachable)
        }
    }

    @Test(arguments: [
        (500, "InternalError", KubernetesError.Kind.server), (503, "ServiceUnavailable", .server),
        (429, "TooManyRequests", .tooManyRequests),
        (504, "Timeout", .timeout), (400, "BadRequest", .invalid), (409, "Conflict", .conflict), (409, "AlreadyExists", .alreadyExists),
        (410, "Expired", .gone), (418, "Teapot", .unexpected),
    ])
    func statusesAreMappedToErrorKinds(code: Int, reason: String, kind: KubernetesError.Kind) async throws {
        try await withCluster { cluster, client in
            cluster.fail(FakeClusterFault(.status(code, reason: reason, message: "the words of the server")))
            let error = await kubernetesError { _ = try await client.version() }
            #expect(error?.kind == kind)
            #expect(error?.message == "the words of the server")
            #expect(error?.status?.reason == reason)
        }
    }

    @Test func errorShowsTheFirstLineOfAProxyResponse() async throws {
        try await withCluster { cluster, client in
            cluster.fail(FakeClusterFault(.text(502, "bad gateway\nmore")))
            #expect(await kubernetesError { _ = try await client.version() }?.message == "the server responded with 502: bad gateway")
            cluster.fail(FakeClusterFault(.text(502, "<html><body>…")))
            #expect(await kubernetesError { _ = try await client.version() }?.message == "the server responded with 502")
        }
    }

    @Test func aResponseThatIsNotJSONIsUnexpected() async throws {
        try await withCluster { cluster, client in
            cluster.fail(FakeClusterFault(.text(200, "hello")))
            #expect(await errorKind { _ = try await client.version() } == .unexpected)
        }
    }

    @Test func cancellationIsPropagated() async throws {
        try await withCluster { cluster, client in
            cluster.fail(FakeClusterFault(.hang))
            let call = Task { _ = try await client.version() }
            try await eventually("the call arrives") { !cluster.requests.isEmpty }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value("the call to end") }
        }
    }

    @Test(arguments: [
        "", "ftp://host", "https://", "https://host:x", "https://host:99999", "https://user@host", "https://[::1", "https://a b",
    ])
    func invalidAddressesAreRefused(server: String) throws {
        #expect(throws: KubernetesError.self) { try ClusterClient(ClusterConfiguration(server: server, user: Kubeconfig.User())) }
    }
}

/// Responds to everything with plain text.
private final class Rude: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n")), promise: nil)
    }
}
