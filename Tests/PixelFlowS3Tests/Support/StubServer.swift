import NIOCore
import NIOHTTP1
import RawHTTP

/// An S3 server on 127.0.0.1 whose responses the test specifies.
struct StubServer: Sendable {
    struct Request: Sendable {
        var method: HTTPMethod
        var uri: String
        var headers: HTTPHeaders
        var body: ByteBuffer

        fileprivate init(_ request: RawServer.Request) {
            (method, uri) = (HTTPMethod(rawValue: request.method), request.path)
            headers = HTTPHeaders(request.headers.map { ($0, $1) })
            body = ByteBuffer(bytes: request.bytes)
        }
    }

    struct Response: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body = ""
        /// A false `Content-Length`; the connection is closed after the body.
        var declaredLength: Int?
        /// Closes the connection without a response.
        var hangsUp = false

        static func error(_ status: Int, _ code: String) -> Response {
            Response(status: status, body: "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>m</Message></Error>")
        }

        fileprivate func send(to channel: any Channel) {
            guard !hangsUp else { return channel.close(promise: nil) }
            var lines = ["HTTP/1.1 \(status) Status"] + headers.map { "\($0): \($1)" }
            if !headers.contains(where: { $0.0 == "content-length" }) {
                lines.append("content-length: \(declaredLength ?? body.utf8.count)")
            }
            let sent = channel.writeAndFlush(ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + body))
            if declaredLength != nil { sent.whenComplete { _ in channel.close(promise: nil) } }
        }
    }

    private let server: RawServer

    /// All requests so far.
    var requests: [Request] { server.requests.map { Request($0) } }

    /// Runs a server while `body` runs.
    ///
    /// - Parameter respond: receives the request and the number of requests before it.
    static func run(
        respond: @escaping @Sendable (Request, Int) -> Response, _ body: (StubServer, Int) async throws -> Void
    ) async throws {
        try await RawServer.run(respond: { request, channel in
            respond(Request(request), request.number - 1).send(to: channel)
        }) { server in
            try await body(StubServer(server: server), server.port)
        }
    }
}
