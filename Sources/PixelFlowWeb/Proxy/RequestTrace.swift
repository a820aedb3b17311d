import HTTPTypes
import Hummingbird
import PixelFlowHTTP

/// What an upstream is told about where a request comes from.
struct RequestTrace: Sendable {
    let headers: HTTPFields

    init(_ request: Request, _ context: AppRequestContext) {
        var headers = HTTPFields()
        headers[.xRequestID] = context.requestID
        // Each hop adds whom it has heard from; who is believed is for the upstream to judge.
        let hops = [request.headers[.xForwardedFor], context.peerAddress?.ipAddress].compactMap { $0 }
        if !hops.isEmpty { headers[.xForwardedFor] = hops.joined(separator: ", ") }
        headers[.xForwardedProto] = request.headers[.xForwardedProto] ?? "http"
        headers[.xForwardedHost] = request.headers[.xForwardedHost] ?? request.head.authority
        self.headers = headers
    }
}
