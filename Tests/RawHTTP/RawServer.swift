import Deadlines
package import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A server on 127.0.0.1 that records requests, and responds with exactly the bytes that a test specifies.
package final class RawServer: Sendable {
    package struct Request: Sendable {
        /// The number of requests up to this one.
        package fileprivate(set) var number = 0
        package let method: String
        /// With the query.
        package let path: String
        /// By name in lowercase; if a name is repeated, the last one counts.
        package let headers: [String: String]
        package let bytes: [UInt8]
        package let at: ContinuousClock.Instant

        package var body: String { String(decoding: bytes, as: UTF8.self) }

        package func header(_ name: String) -> String? { headers[name.lowercased()] }
    }

    /// Writes the response, if there is one.
    package typealias Responder = @Sendable (Request, any Channel) -> Void

    private struct Log {
        var requests: [Request] = []
        var connections = 0
    }

    package let port: Int
    private let log: SharedLog
    private let channel: any Channel

    private final class SharedLog: Sendable {
        let value = Mutex(Log())
    }

    private init(channel: any Channel, log: SharedLog) {
        self.channel = channel
        self.log = log
        port = channel.localAddress?.port ?? 0
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
        tls: NIOSSLContext? = nil, respond: @escaping Responder, _ body: (RawServer) async throws -> Value
    ) async throws -> Value {
        let server = try await start(tls: tls, respond: respond)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        try await server.stop()
        return try result.get()
    }

    package func stop() async throws { try await channel.close() }

    /// Starts a server, which must be stopped.
    package static func start(tls: NIOSSLContext? = nil, respond: @escaping Responder) async throws -> RawServer {
        let log = SharedLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    log.value.withLock { $0.connections += 1 }
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(
                        Reader { request in
                            var request = request
                            log.value.withLock {
                                request.number = $0.requests.count + 1
                                $0.requests.append(request)
                            }
                            respond(request, channel)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return RawServer(channel: channel, log: log)
    }

    /// Responds with a status.
    package static func status(_ status: Int, headers: String = "", body: String = "") -> Responder {
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
            let body = received[end.upperBound...]
            guard body.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return }
            if headers["transfer-encoding"] == "chunked", !body.suffix(5).elementsEqual("0\r\n\r\n".utf8) { return }
            let words = lines[0].split(separator: " ").map(String.init)
            guard words.count > 1 else { return context.close(promise: nil) }
            bytes = ByteBuffer()
            onRequest(Request(method: words[0], path: words[1], headers: headers, bytes: Array(body), at: .now))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
