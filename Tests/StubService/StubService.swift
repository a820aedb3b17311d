import FakeKubernetes
import KubernetesClient
import NIOCore
import NIOPosix
import Synchronization
import Terminal

/// A service behind a pod's port that answers as a closure says, and remembers what it was asked.
struct StubService: Sendable {
    struct Call: Sendable, Hashable {
        var method: String
        /// With its query.
        var path: String
        var authorization: String?
        var body: String
    }

    typealias Answer = @Sendable (Call) -> (status: Int, body: String)

    let port: Int
    private let channel: any Channel
    private let record: Record

    final class Record: Sendable {
        let calls = Mutex<[Call]>([])
    }

    var calls: [Call] { record.calls.withLock { $0 } }
    var lines: [String] { calls.map { "\($0.method) \($0.path)" } }

    func stop() async {
        try? await channel.close()
    }

    static func start(_ answer: @escaping Answer) async throws -> StubService {
        let record = Record()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Answering(answer, record)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return StubService(port: channel.localAddress?.port ?? 0, channel: channel, record: record)
    }

    /// Runs a body with an installation where the pods of a service lead here.
    static func run(
        _ component: String, port: Int, _ answer: @escaping Answer,
        _ body: @Sendable (FakePixelFlow, StubService) async throws -> Void
    ) async throws {
        let service = try await start(answer)
        try await FakePixelFlow.run { stand in
            for pod in stand.pods(of: component) {
                stand.cluster.expose(pod: pod, port: port, namespace: FakePixelFlow.namespace, localPort: service.port)
            }
            try await body(stand, service)
        }
        await service.stop()
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: Answer
        private let record: Record
        private var request = ""

        init(_ answer: @escaping Answer, _ record: Record) {
            self.answer = answer
            self.record = record
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            request += String(buffer: unwrapInboundIn(data))
            guard let call = StubService.call(request) else { return }
            request = ""
            record.calls.withLock { $0.append(call) }
            let (status, body) = answer(call)
            let head =
                "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head + body)), promise: nil)
        }
    }

    /// Nil until the request is complete.
    private static func call(_ text: String) -> Call? {
        let parts = text.components("\r\n\r\n")
        guard parts.count >= 2 else { return nil }
        let lines = parts[0].components("\r\n")
        func header(_ name: String) -> String? {
            lines.first { $0.lowercased().hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
        }
        let body = parts.dropFirst().joined(separator: "\r\n\r\n")
        guard body.utf8.count >= header("content-length").flatMap({ Int($0) }) ?? 0 else { return nil }
        let words = lines[0].split(separator: " ").map(String.init)
        guard words.count >= 2 else { return nil }
        return Call(method: words[0], path: words[1], authorization: header("authorization"), body: body)
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
