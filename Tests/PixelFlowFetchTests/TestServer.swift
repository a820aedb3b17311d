import NIOCore
import NIOPosix
import NIOSSL
import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import Synchronization
import WireFormats

/// A server on 127.0.0.1 that answers with the very bytes a test wants.
struct TestServer: Sendable {
    struct Request: Sendable {
        var path: String
        var lines: [String]
        func header(_ name: String) -> String? {
            lines.first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }.map { String($0.dropFirst(name.count + 2)) }
        }
    }

    typealias Answer = @Sendable (Request, any Channel) -> Void

    let port: Int
    private let log: Log

    var requests: [Request] { log.requests.withLock { $0 } }
    /// How many have been opened.
    var connections: Int { log.connections.withLock { $0 } }
    func url(_ path: String = "/image", host: String = "127.0.0.1", scheme: String = "http") -> String {
        "\(scheme)://\(host):\(port)\(path)"
    }

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
        let connections = Mutex(0)
    }

    /// Runs a server while `body` runs.
    static func run<Value>(
        tls: NIOSSLContext? = nil, answer: @escaping Answer, _ body: (TestServer) async throws -> Value
    ) async throws -> Value {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    log.connections.withLock { $0 += 1 }
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(
                        RequestReader { request in
                            log.requests.withLock { $0.append(request) }
                            answer(request, channel)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(TestServer(port: channel.localAddress?.port ?? 0, log: log)))
        } catch {
            result = .failure(error)
        }
        try await channel.close()
        return try result.get()
    }

    private final class RequestReader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var text = ""
        private let onRequest: (Request) -> Void

        init(onRequest: @escaping (Request) -> Void) { self.onRequest = onRequest }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard text.hasSuffix("\r\n\r\n") else { return }
            let lines = text.split(separator: "\r\n").map(String.init)
            text = ""
            onRequest(Request(path: String(lines[0].split(separator: " ")[1]), lines: lines))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension Channel {
    /// Sends bytes as they stand, and closes afterwards unless told otherwise.
    func send(_ text: String, close: Bool = true) {
        let sent = writeAndFlush(ByteBuffer(string: text))
        if close { sent.whenComplete { _ in self.close(promise: nil) } }
    }

    /// Sends bytes that are no text.
    func send(_ bytes: [UInt8]) {
        writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in self.close(promise: nil) }
    }

    /// A well-formed answer.
    func answer(_ status: String = "200 OK", _ headers: [String] = [], body: String = "") {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func redirect(to location: String, status: String = "302 Found") { answer(status, ["Location: \(location)"]) }

    /// Sends `text` again and again until the other side closes.
    func sendForever(_ text: String) {
        writeAndFlush(ByteBuffer(string: text)).whenSuccess { self.eventLoop.execute { self.sendForever(text) } }
    }
}

/// Names as a test wants them; counts the questions. Each question takes the next answer, the last one stays.
final class FixedResolver: NameResolver {
    private let answers: [String: [[String]]]
    private let asked = Mutex<[String]>([])

    init(_ answers: [String: [[String]]] = [:]) { self.answers = answers }

    var questions: [String] { asked.withLock { $0 } }

    func addresses(of name: String) async throws -> [IPAddress] {
        let earlier = asked.withLock { asked in
            asked.append(name)
            return asked.count { $0 == name } - 1
        }
        guard let answers = answers[name] else { throw PixelFlowError(.invalid, code: "name_not_resolved", "No \(name).") }
        return answers[min(earlier, answers.count - 1)].compactMap(IPAddress.init)
    }
}

/// A fetcher that may go to 127.0.0.0/8.
func localFetcher(
    resolver: any NameResolver = FixedResolver(), connect: Duration = .seconds(20), total: Duration = .seconds(60),
    allowed: String = "127.0.0.0/8", ports: AllowedPorts = .all, trustRootsFile: String? = nil
) throws -> GuardedFetcher {
    let settings = FetchSettings(
        allowedNetworks: try NetworkRange.list(allowed), ports: ports, connectTimeout: connect, totalTimeout: total,
        trustRootsFile: trustRootsFile)
    return try GuardedFetcher(settings: settings, resolver: resolver)
}

/// What comes of fetching `url` with such a fetcher, see `GuardedFetcher.outcome`.
func outcome(
    of url: String, limit: Int = 1 << 20, resolver: any NameResolver = FixedResolver(), connect: Duration = .seconds(20),
    total: Duration = .seconds(60), allowed: String = "127.0.0.0/8", trustRootsFile: String? = nil
) async -> String {
    do {
        let fetcher = try localFetcher(resolver: resolver, connect: connect, total: total, allowed: allowed, trustRootsFile: trustRootsFile)
        return await fetcher.outcome(url, limit: limit)
    } catch {
        return "no fetcher: \(error)"
    }
}

extension GuardedFetcher {
    /// The code and the retry of the error that fetching `url` ends in; `ok` where it does not.
    func outcome(_ url: String, limit: Int = 1 << 20) async -> String {
        do {
            _ = try await fetch(url, limit: limit)
            return "ok"
        } catch let error as PixelFlowError {
            return "\(error.code) \(error.retry.rawValue)"
        } catch {
            return "\(error)"
        }
    }
}
