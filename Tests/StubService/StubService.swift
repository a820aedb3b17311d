import NIOCore
import NIOPosix
import Synchronization

/// An HTTP service whose responses come from a closure, and which records its requests.
package struct StubService: Sendable {
    package struct Call: Sendable, Hashable {
        package var method: String
        /// Including the query.
        package var path: String
        package var authorization: String?
        package var body: String
    }

    package typealias Answer = @Sendable (Call) -> (status: Int, body: String)

    package let port: Int
    private let channel: any Channel
    private let record: Record

    private final class Record: Sendable {
        let calls = Mutex<[Call]>([])
    }

    package var calls: [Call] { record.calls.withLock { $0 } }
    package var lines: [String] { calls.map { "\($0.method) \($0.path)" } }

    package func stop() async {
        try? await channel.close()
    }

    /// - Parameter stalls: whether the response to a call announces more bytes than ever come; the connection stays open.
    package static func start(
        stalling stalls: @escaping @Sendable (Call) -> Bool = { _ in false }, _ answer: @escaping Answer
    ) async throws -> StubService {
        let record = Record()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Answering(answer, stalls, record)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return StubService(port: channel.localAddress?.port ?? 0, channel: channel, record: record)
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: Answer
        private let stalls: @Sendable (Call) -> Bool
        private let record: Record
        private var request = ByteBuffer()

        init(_ answer: @escaping Answer, _ stalls: @escaping @Sendable (Call) -> Bool, _ record: Record) {
            self.answer = answer
            self.stalls = stalls
            self.record = record
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            request.writeImmutableBuffer(unwrapInboundIn(data))
            guard let call = StubService.call(request) else { return }
            request.clear()
            record.calls.withLock { $0.append(call) }
            let (status, body) = answer(call)
            let length = body.utf8.count + (stalls(call) ? 1 : 0)
            let head =
                "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\nConnection: close\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head + body)), promise: nil)
        }
    }

    /// Nil until the request is complete. A body need not be text.
    private static func call(_ request: ByteBuffer) -> Call? {
        let bytes = request.readableBytesView
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components("\r\n")
        func header(_ name: String) -> String? {
            lines.first { $0.lowercased().hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
        }
        let body = bytes[end.upperBound...]
        guard body.count >= header("content-length").flatMap({ Int($0) }) ?? 0 else { return nil }
        let words = lines[0].split(separator: " ").map(String.init)
        guard words.count >= 2 else { return nil }
        return Call(
            method: words[0], path: words[1], authorization: header("authorization"), body: String(decoding: body, as: UTF8.self))
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
