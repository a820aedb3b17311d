import Foundation
import NIOCore
import NIOPosix
import PixelFlowClient
import Synchronization

/// A server that answers each request with the bytes that a test gives it, right or wrong, and remembers what it was asked.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let method: String
        /// With its query.
        let path: String
        /// By lowercase name.
        let headers: [String: String]
        let body: String
    }

    enum Step: Sendable {
        case send(String)
        /// Ends the connection; after the last step it stays open.
        case close
    }

    private let channel: any Channel
    private let record: Record

    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    var requests: [Request] { record.requests.withLock { $0 } }

    private init(channel: any Channel, record: Record) {
        self.channel = channel
        self.record = record
    }

    /// Runs a body with a client of a server.
    ///
    /// - Parameter answer: gets the number of the request too, from 1.
    static func run(
        retries: RetryOptions = .quick, requestTimeout: Duration = .seconds(30), _ answer: @escaping @Sendable (Request, Int) -> [Step],
        _ body: (PixelFlowClient, ScriptedServer) async throws -> Void
    ) async throws {
        let record = Record()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Answering(answer, record)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = ScriptedServer(channel: channel, record: record)
        let client = PixelFlowClient(Endpoints(web: server.url + "/"), token: "secret", retries: retries, requestTimeout: requestTimeout)
        do {
            try await body(client, server)
        } catch {
            try? await channel.close()
            throw error
        }
        try await channel.close()
    }

    private final class Record: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: @Sendable (Request, Int) -> [Step]
        private let record: Record
        private var text = ""

        init(_ answer: @escaping @Sendable (Request, Int) -> [Step], _ record: Record) {
            self.answer = answer
            self.record = record
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard let request = Request(text) else { return }
            text = ""
            let number = record.requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
            for step in answer(request, number) {
                switch step {
                case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                case .close: context.close(promise: nil)
                }
            }
        }
    }
}

extension ScriptedServer.Request {
    /// Nil until it is complete. A chunked one is complete with its last chunk.
    fileprivate init?(_ text: String) {
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = String(parts.count > 1 ? parts[1].drop { $0 == " " } : "")
        }
        let body = text[end.upperBound...]
        if headers["transfer-encoding"] == "chunked", !body.hasSuffix("0\r\n\r\n") { return nil }
        guard body.utf8.count >= headers["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
        self.init(method: String(words[0]), path: String(words[1]), headers: headers, body: String(body))
    }
}

extension [ScriptedServer.Step] {
    /// A whole answer, after which the connection ends.
    static func answer(_ status: Int, _ body: String, _ headers: String...) -> [ScriptedServer.Step] {
        let lines = ["HTTP/1.1 \(status) X", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
        return [.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body), .close]
    }

    static func problem(_ status: Int, _ code: String, _ headers: String...) -> [ScriptedServer.Step] {
        let body = #"{"status":\#(status),"title":"T","code":"\#(code)","detail":"D","field":"f","request_id":"r-1","new":[1]}"#
        let lines = [
            "HTTP/1.1 \(status) X", "Content-Length: \(body.utf8.count)", "Content-Type: application/problem+json", "Connection: close",
        ]
        return [.send((lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + body), .close]
    }
}

extension ScriptedServer.Step {
    /// The head of an event stream and what it tells.
    static func events(_ text: String) -> ScriptedServer.Step {
        .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + text)
    }
}

extension RetryOptions {
    /// Does not keep a test waiting.
    static let quick = RetryOptions(firstDelay: .milliseconds(1), maximumDelay: .milliseconds(5))
}

enum TaskText {
    static func json(_ id: String, _ status: String, outputs: String = "[]") -> String {
        #"{"id":"\#(id)","status":"\#(status)","progress":0.5,"attempts":1,"outputs":\#(outputs),"unknown":{"a":1}}"#
    }
}
