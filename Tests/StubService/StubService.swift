import NIOCore
import RawHTTP

/// An HTTP service whose responses come from a closure, and which records its requests.
package struct StubService: Sendable {
    package struct Call: Sendable, Hashable {
        package var method: String
        /// Including the query.
        package var path: String
        package var authorization: String?
        package var body: String

        fileprivate init(_ request: RawServer.Request) {
            (method, path, body) = (request.method, request.path, request.body)
            authorization = request.header("authorization")
        }
    }

    package typealias Responder = @Sendable (Call) -> (status: Int, body: String)

    private let server: RawServer

    package var port: Int { server.port }
    package var calls: [Call] { server.requests.map { Call($0) } }
    package var lines: [String] { calls.map { "\($0.method) \($0.path)" } }

    package func stop() async { try? await server.stop() }

    /// - Parameter stalls: whether the response to a call declares more bytes than it sends; the connection stays open.
    package static func start(
        stalling stalls: @escaping @Sendable (Call) -> Bool = { _ in false }, _ respond: @escaping Responder
    ) async throws -> StubService {
        let server = try await RawServer.start { request, channel in
            let call = Call(request)
            let (status, body) = respond(call)
            let length = body.utf8.count + (stalls(call) ? 1 : 0)
            let head =
                "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\nConnection: close\r\n\r\n"
            channel.writeAndFlush(ByteBuffer(string: head + body), promise: nil)
        }
        return StubService(server: server)
    }
}
