import NIOCore
import PixelFlowClient
import RawHTTP

/// A server that responds to each request with the bytes that a test specifies, valid or not, and records its requests.
struct ScriptedServer: Sendable {
    typealias Request = RawServer.Request

    enum Step: Sendable {
        case send(String)
        /// Ends the connection; after the last step it stays open.
        case close
    }

    private let server: RawServer

    var url: String { server.url("") }
    var requests: [Request] { server.requests }

    /// Runs a body with a client of a server.
    ///
    /// - Parameter response: receives the number of the request too, from 1.
    static func run(
        retries: RetryOptions = .quick, requestTimeout: Duration = .seconds(30), _ response: @escaping @Sendable (Request, Int) -> [Step],
        _ body: (PixelFlowClient, ScriptedServer) async throws -> Void
    ) async throws {
        try await RawServer.run(respond: { request, channel in
            for step in response(request, request.number) {
                switch step {
                case .send(let text): channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
                case .close: channel.close(promise: nil)
                }
            }
        }) { server in
            let server = ScriptedServer(server: server)
            let client = PixelFlowClient(
                Endpoints(web: server.url + "/"), token: "secret", retries: retries, requestTimeout: requestTimeout)
            try await body(client, server)
        }
    }
}

extension [ScriptedServer.Step] {
    /// A whole response, after which the connection ends.
    static func response(_ status: Int, _ body: String, _ headers: String...) -> [ScriptedServer.Step] {
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
