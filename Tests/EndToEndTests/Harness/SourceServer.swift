import Foundation
import NIOCore
import RawHTTP

/// A server on 127.0.0.1 that responds with exactly the bytes that a test specifies.
enum SourceServer {
    /// What is sent, and whether the connection then ends, stays open without more, or continues forever.
    struct Response: Sendable {
        enum Ending: Sendable { case close, noReply, endless }
        var bytes: Data
        var ending: Ending

        static func ok(_ body: Data) -> Response { status("200 OK", body: body) }

        static func status(_ status: String, headers: [String] = [], body: Data = Data()) -> Response {
            let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)", "Connection: close"] + headers
            return Response(bytes: Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body, ending: .close)
        }

        static func redirect(to location: String) -> Response { status("302 Found", headers: ["Location: \(location)"]) }
    }

    /// - Parameter respond: the response for a path.
    static func run<Value>(
        _ respond: @escaping @Sendable (String) -> Response, _ body: (RawServer) async throws -> Value
    ) async throws -> Value {
        try await RawServer.run(
            respond: { request, channel in
                let response = respond(request.path)
                let sent = channel.writeAndFlush(ByteBuffer(bytes: response.bytes))
                switch response.ending {
                case .close: sent.whenComplete { _ in channel.close(promise: nil) }
                case .noReply: break
                case .endless: sendForever(ByteBuffer(repeating: 120, count: 65_536), channel)
                }
            }, body)
    }

    private static func sendForever(_ bytes: ByteBuffer, _ channel: any Channel) {
        channel.writeAndFlush(bytes).whenSuccess { channel.eventLoop.execute { sendForever(bytes, channel) } }
    }
}
