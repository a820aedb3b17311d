import HTTPTypes
import Hummingbird
import PixelFlowHTTP

/// What an upstream is told about where a request comes from.
struct RequestTrace: Sendable {
    /// What a client could write to seem to be another; none of it is passed on as it came.
    static let claims: Set<String> = ["forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"]

    let headers: HTTPFields

    /// - Parameter proxies: whose words about the client are passed on. Anyone else's are replaced by what is seen here.
    init(_ request: Request, _ context: AppRequestContext, proxies: TrustedProxies) {
        let isTrusted = proxies.trustsPeer(of: context)
        func told(_ name: HTTPField.Name) -> String? { isTrusted ? request.headers[name] : nil }
        var headers = HTTPFields()
        headers[.xRequestID] = context.requestID
        // Each hop adds whom it has heard from; who is believed is for the upstream to judge.
        let hops = [told(.xForwardedFor), context.peerAddress?.ipAddress].compactMap { $0 }
        if !hops.isEmpty { headers[.xForwardedFor] = hops.joined(separator: ", ") }
        headers[.xForwardedProto] = told(.xForwardedProto) ?? "http"
        headers[.xForwardedHost] = told(.xForwardedHost) ?? request.head.authority
        self.headers = headers
    }

    /// Whether a header says something about the client, whoever has written it.
    static func isClaim(_ field: HTTPField) -> Bool {
        let name = field.name.canonicalName
        return claims.contains(name) || name.hasPrefix("x-forwarded-")
    }
}
