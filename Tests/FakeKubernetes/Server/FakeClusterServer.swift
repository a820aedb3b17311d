import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Synchronization

/// Accepts connections, and responds to the calls of each one sequentially.
struct FakeClusterServer: Sendable {
    let memory: FakeClusterMemory
    let certificates: ClientCertificates

    typealias HTTPConnection = NIOAsyncChannel<HTTPServerRequestPart, HTTPPart<HTTPResponseHead, ByteBuffer>>
    typealias ForwardConnection = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
    typealias Listener = NIOAsyncChannel<EventLoopFuture<Accepted>, Never>

    enum Accepted: Sendable {
        case http(HTTPConnection, RefusedUpgrade)
        case forward(ForwardConnection, HTTPRequestHead)
    }

    func bind(_ certificate: IssuedCertificate) async throws -> Listener {
        let context = try NIOSSLContext(configuration: Self.tlsConfiguration(certificate))
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    memory.keep(channel)
                    // Accepts any certificate at this point: an invalid one results in a 401.
                    let handler = NIOSSLServerHandler(
                        context: context, customVerificationCallback: { _, verified in verified.succeed(.certificateVerified) })
                    try channel.pipeline.syncOperations.addHandler(handler)
                    return try configure(channel)
                }
            }
    }

    private static func tlsConfiguration(_ certificate: IssuedCertificate) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificate.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(certificate.key.utf8), format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.certificateVerification = .optionalVerification
        return tls
    }

    private func configure(_ channel: any Channel) throws -> EventLoopFuture<Accepted> {
        let refused = RefusedUpgrade()
        let upgrader = NIOTypedWebSocketServerUpgrader<Accepted>(
            maxFrameSize: 4 << 20,
            shouldUpgrade: { channel, head in admitted(channel, head, refused) },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture { .forward(try ForwardConnection(wrappingChannelSynchronously: channel), head) }
            })
        let upgrades = NIOTypedHTTPServerUpgradeConfiguration<Accepted>(upgraders: [upgrader]) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(ResponsePartHandler())
                return .http(try HTTPConnection(wrappingChannelSynchronously: channel), refused)
            }
        }
        return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: upgrades))
    }

    /// The headers of an upgrade, or nil to respond to the call like any other.
    private func admitted(_ channel: any Channel, _ head: HTTPRequestHead, _ refused: RefusedUpgrade) -> EventLoopFuture<HTTPHeaders?> {
        channel.nioSSL_peerCertificate().map { peer in
            let request = memory.withLock { $0.record(head, body: [], certificateUser: certificates.user(of: peer)) }
            let isAdmitted = memory.withLock { state in (try? state.checkForward(request)) != nil }
            guard isAdmitted, head.headers["Sec-WebSocket-Protocol"].contains(ForwardService.protocolName) else {
                refused.head.withLock { $0 = head }
                return nil
            }
            return ["Sec-WebSocket-Protocol": ForwardService.protocolName]
        }
    }

    func serve(_ listener: Listener) async {
        await withDiscardingTaskGroup { group in
            try? await listener.executeThenClose { accepted in
                // bounded: by `stop()`.
                for try await connection in accepted {
                    group.addTask { await serve(connection) }
                }
            }
            group.cancelAll()
        }
    }

    private func serve(_ connection: EventLoopFuture<Accepted>) async {
        switch try? await connection.get() {
        case .http(let channel, let refused): await serve(channel, refused)
        case .forward(let channel, let head): await ForwardService(memory: memory).serve(channel, head)
        case nil: break
        }
    }

    private func serve(_ channel: HTTPConnection, _ refused: RefusedUpgrade) async {
        let peer = try? await channel.channel.nioSSL_peerCertificate().get()
        let user = certificates.user(of: peer ?? nil)
        try? await channel.executeThenClose { parts, output in
            var head = refused.head.withLock { $0 }
            var body: [UInt8] = []
            // bounded: by the connection that is served.
            for try await part in parts {
                switch part {
                case .head(let next): (head, body) = (next, [])
                case .body(let bytes): body += bytes.readableBytesView
                case .end:
                    guard let head else { return }
                    let responder = Responder(memory: memory, output: ResponseWriter(output: output))
                    try await responder.respond(memory.withLock { $0.record(head, body: body, certificateUser: user) })
                }
            }
        }
    }
}

/// The head of a call whose upgrade was rejected: NIO passes on only what follows it.
final class RefusedUpgrade: Sendable {
    let head = Mutex<HTTPRequestHead?>(nil)
}

extension FakeClusterState {
    /// Records a call and determines its user.
    mutating func record(_ head: HTTPRequestHead, body: [UInt8], certificateUser: FakeClusterUser?) -> FakeClusterRequest {
        var request = FakeClusterRequest(head: head, body: body)
        request.user = certificateUser
        if let token = head.headers.first(name: "Authorization"), token.hasPrefix("Bearer ") {
            request.user = tokens[String(token.dropFirst(7))]
        }
        if request.user != nil, let name = head.headers.first(name: "Impersonate-User") {
            request.user = FakeClusterUser(name: name, groups: head.headers["Impersonate-Group"])
        }
        restartPodsIfDue()
        requests.append(request)
        return request
    }
}
