import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowTelemetry

/// What an upstream is told of the client.
struct RequestTrace: Sendable {
    /// Headers by which a client could pretend to be another; none is forwarded unchanged.
    static let claims: Set<String> = ["forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"]

    let headers: HTTPFields

    /// - Parameter proxies: the proxies whose headers about the client are forwarded. Those of others are replaced.
    init(_ request: Request, _ context: AppRequestContext, proxies: TrustedProxies) {
        let isTrusted = proxies.trustsPeer(of: context)
        func told(_ name: HTTPField.Name) -> String? { isTrusted ? request.headers[name] : nil }
        var headers = HTTPFields()
        headers[.xRequestID] = context.requestID
        // Each hop adds its peer; the upstream decides which hops to trust.
        let hops = [told(.xForwardedFor), context.peerAddress?.ipAddress].compactMap { $0 }
        if !hops.isEmpty { headers[.xForwardedFor] = hops.joined(separator: ", ") }
        headers[.xForwardedProto] = told(.xForwardedProto) ?? "http"
        headers[.xForwardedHost] = told(.xForwardedHost) ?? request.head.authority
        // Names the device in the list of sessions.
        headers[.userAgent] = request.headers[.userAgent]
        // The span of this request. Without one, those of the client are passed on as they are.
        if let trace = TraceHeaders.current { headers.set(trace) }
        self.headers = headers
    }

    /// Whether a header makes a claim about the client.
    static func isClaim(_ field: HTTPField) -> Bool {
        let name = field.name.canonicalName
        return claims.contains(name) || name.hasPrefix("x-forwarded-")
    }
}

extension HTTPFields {
    /// Continues a trace, in the place of any other.
    mutating func set(_ trace: TraceHeaders) {
        self[.traceParent] = trace.traceparent
        self[.traceState] = trace.tracestate
    }

    /// Of one connection and not of the message: RFC 9110, section 7.6.1.
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// The fields that may travel on, without those of `names`.
    func passedOn(without names: Set<String> = []) -> HTTPFields {
        let dropped = Self.hopByHop.union(names).union(connectionOptions)
        return HTTPFields(filter { !dropped.contains($0.name.canonicalName) })
    }
}
