import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import PixelFlowHTTP
import ServiceLifecycle

extension Upstream {
    /// Event streams of the api send something at least every 15 seconds.
    static let silenceLimit = TimeAmount.seconds(60)

    /// Requests an event stream, and forwards the service's response to the client. The stream continues without a task.
    ///
    /// - Parameters:
    ///   - path: starts at the root of the service and includes the query.
    ///   - headers: those of the client, plus all others to forward.
    /// - Throws: `…_unavailable` (503) if the service does not respond.
    func relayEvents(_ path: String, headers: HTTPFields, _ context: AppRequestContext) async throws -> Response {
        let opening = try await traced(.get, path, headers) { headers in
            try await connect(path, headers: headers, on: context.eventLoop, StreamRelay.ask)
        } status: {
            switch $0 {
            case .events(_, let head), .complete(let head, _): Int(head.status.code)
            }
        }
        switch opening {
        case .complete(let head, let content):
            return Response(
                status: .init(code: Int(head.status.code), reasonPhrase: head.status.reasonPhrase),
                headers: HTTPFields(head.headers).passedOn(without: ["content-length"]), body: ResponseBody(byteBuffer: content))
        case .events(let relay, let head):
            let opened = Opened(relay, on: context.eventLoop) { $0.close() }
            var headers = HTTPFields(head.headers).passedOn(without: ["content-length"])
            // The connection closes with the stream.
            headers[.connection] = "close"
            return Response(
                status: .ok, headers: headers,
                body: ResponseBody { _ in
                    try await withGracefulShutdownHandler {
                        try await context.continueOnLoop { opened.take().follow($0) }
                    } onGracefulShutdown: {
                        context.eventLoop.execute { relay.value.stop() }
                    }
                })
        }
    }
}
