import Deadlines
package import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A server on 127.0.0.1 that records requests, and responds with exactly the bytes that a test specifies.
package final class RawServer: Sendable {
    package struct Request: Sendable {
        package let path: String
        /// By name in lowercase; if a name is repeated, the last one counts.
        package let headers: [String: String]
        package let bytes: [UInt8]
        package let at: ContinuousClock.Instant

        package var body: String { String(decoding: bytes, as: UTF8.self) }

        package func header(_ name: String) -> String? { headers[name.lowercased()] }
    }

    /// Writes the response, if there is one.
    package typealias Answer = @Sendable (Request, any Channel) -> Void

    private struct Log {
        var requests: [Request] = []
        var connections = 0
    }

    package let port: Int
    private let log: SharedLog

    private final class SharedLog: Sendable {
        let value = Mutex(Log())
    }

    private init(port: Int, log: SharedLog) {
        self.port = port
        self.log = log
    }

    package var requests: [Request] { log.value.withLock(\.requests) }
    /// The number of connections opened so far.
    package var connections: Int { log.value.withLock(\.connections) }

    package func url(_ path: String = "/image", host: String = "127.0.0.1", scheme: String = "http") -> String {
        "\(scheme)://\(host):\(port)\(path)"
    }

    /// Waits for this number of requests.
    package func requests(_ count: Int) async throws -> [Request] {
        try await eventually("\(count) requests") { () -> [Request]? in requests.count >= count ? requests : nil }
    }

    /// Runs a server during `body`.
    package static func run<Value>(
        tls: NIOSSLContext? = nil, answer: @escaping Answer, _ body: (RawServer) async throws -> Value
    ) async throws -> Value {
        let log = SharedLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    log.value.withLock { $0.connections += 1 }
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(
                        Reader { request in
                            log.value.withLock { $0.requests.append(request) }
                            answer(request, channel)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(RawServer(port: channel.localAddress?.port ?? 0, log: log)))
        } catch {
            result = .failure(error)
        }
        try await channel.close()
        return try result.get()
    }

    /// Responds with a status.
    package static func status(_ status: Int, headers: String = "", body: String = "") -> Answer {
        { _, channel in
            let text = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
            channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
        }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var bytes = ByteBuffer()
        private let onRequest: (Request) -> Void

        init(_ onRequest: @escaping (Request) -> Void) { self.onRequest = onRequest }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var part = unwrapInboundIn(data)
            bytes.writeBuffer(&part)
            let received = bytes.readableBytesView
            guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
            let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                guard let colon = line.firstIndex(of: ":") else { continue }
                headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
            }
            let body = Array(received[end.upperBound...])
            guard body.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return }
            bytes = ByteBuffer()
            let path = lines[0].split(separator: " ")[1]
            onRequest(Request(path: String(path), headers: headers, bytes: body, at: .now))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
