import KubernetesClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import WireFormats

/// The server's side of a forwarded port.
struct ForwardService: Sendable {
    static let protocolName = "v4.channel.k8s.io"

    let memory: FakeClusterMemory

    func serve(_ socket: FakeClusterServer.ForwardConnection, _ head: HTTPRequestHead) async {
        let request = FakeClusterRequest(head: head, body: [])
        let backend = memory.withLock { $0.forwardBackend(request) }
        let identifier = memory.withLock { state in
            state.nextStream += 1
            state.forwards[state.nextStream] = Forward(pod: RequestTarget(path: request.path)?.name ?? "", channel: socket.channel)
            return state.nextStream
        }
        try? await socket.executeThenClose { input, output in
            let port = request.query["ports"].flatMap { UInt16($0) } ?? 0
            for channel: UInt8 in [0, 1] { try await output.write(Self.frame(channel, ByteBuffer(integer: port, endianness: .little))) }
            try await serve(input, output, backend)
        }
        memory.withLock { _ = $0.forwards.removeValue(forKey: identifier) }
    }

    private static func frame(_ channel: UInt8, _ bytes: ByteBuffer) -> WebSocketFrame {
        var message = ByteBuffer(integer: channel)
        message.writeImmutableBuffer(bytes)
        return WebSocketFrame(fin: true, opcode: .binary, data: message)
    }

    private static var close: WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(integer: UInt16(1_000)))
    }

    private func serve(
        _ input: NIOAsyncChannelInboundStream<WebSocketFrame>, _ output: NIOAsyncChannelOutboundWriter<WebSocketFrame>,
        _ backend: PodBackend?
    ) async throws {
        switch backend {
        case .echo:
            // bounded: by the connection that is served.
            for try await frame in input {
                guard let bytes = Self.data(frame) else { return }
                try await output.write(Self.frame(0, bytes))
            }
        case .local(let port): try await relay(input, output, to: port)
        case .failing(let message):
            try await refuse(message, input, output)
        case nil:
            try await refuse("error forwarding port: nothing listens there", input, output)
        }
    }

    /// Leaves closing to the client: closing with unread bytes would reset the connection, and the message could be lost
    /// with it.
    private func refuse(
        _ message: String, _ input: NIOAsyncChannelInboundStream<WebSocketFrame>, _ output: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) async throws {
        try await output.write(Self.frame(1, ByteBuffer(string: message)))
        try await output.write(Self.close)
        // bounded: by the connection that is served.
        for try await _ in input {}
    }

    private func relay(
        _ input: NIOAsyncChannelInboundStream<WebSocketFrame>, _ output: NIOAsyncChannelOutboundWriter<WebSocketFrame>, to port: Int
    ) async throws {
        let server = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) {
            channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        try await server.executeThenClose { responses, questions in
            try await withThrowingTaskGroup { group in
                group.addTask {
                    // bounded: by the connection that is served.
                    for try await frame in input {
                        guard let bytes = Self.data(frame) else { return }
                        try await questions.write(bytes)
                    }
                }
                group.addTask {
                    // bounded: by the connection that is served.
                    for try await bytes in responses { try await output.write(Self.frame(0, bytes)) }
                    try await output.write(Self.close)
                }
                defer { group.cancelAll() }
                // bounded: by the connection that is served.
                try await group.next()
            }
        }
    }

    /// Nil at the end.
    private static func data(_ frame: WebSocketFrame) -> ByteBuffer? {
        guard frame.opcode == .binary else { return frame.opcode == .connectionClose ? nil : ByteBuffer() }
        var bytes = frame.unmaskedData
        return bytes.readInteger(as: UInt8.self) == 0 ? bytes : ByteBuffer()
    }
}

extension FakeClusterState {
    func forwardBackend(_ request: FakeClusterRequest) -> PodBackend? {
        guard let target = RequestTarget(path: request.path), let name = target.name, let port = request.query["ports"].flatMap({ Int($0) })
        else { return nil }
        return podPorts[PodPort(pod: name, namespace: target.namespace, port: port)]
    }

    /// Whether a port may be forwarded: the pod exists and runs, and the user has permission.
    func checkForward(_ request: FakeClusterRequest) throws {
        guard let user = request.user else { throw StatusResponse.unauthorized }
        guard let target = RequestTarget(path: request.path), let name = target.name, target.subresource == "portforward" else {
            throw StatusResponse.noPage
        }
        guard isAllowed(user.name, "get", "pods/portforward", target.namespace) else {
            throw StatusResponse.forbidden(target, verb: "get", user: user.name)
        }
        guard let pod = store.objects[target.key(name)] else { throw StatusResponse.notFound(target) }
        guard pod["status"]?["phase"] == "Running" else {
            let phase = pod["status"]?["phase"]?.stringValue ?? "Unknown"
            throw StatusResponse.badRequest("unable to forward port because pod is not running. Current status=\(phase)")
        }
    }
}
