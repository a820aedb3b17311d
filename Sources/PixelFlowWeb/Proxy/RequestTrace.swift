import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowTelemetry

/// The information about the client that is sent to an upstream.
struct RequestTrace: Sendable {
    /// Headers that a client could use to impersonate another; none is forwarded unchanged.
    static let claims: Set<String> = ["forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"]

    let headers: HTTPFields

    /// - Parameter proxies: the proxies whose headers about the client are forwarded. Those of other peers are replaced.
    init(_ request: Request, _ context: AppRequestContext, proxies: TrustedProxies) {
        let isTrusted = proxies.trustsPeer(of: context)
        func forwarded(_ name: HTTPField.Name) -> String? { isTrusted ? request.headers[name] : nil }
        var headers = HTTPFields()
        headers[.xRequestID] = context.requestID
        // Each hop adds its peer; the upstream decides which hops to trust.
        let hops = [forwarded(.xForwardedFor), context.peerAddress?.ipAddress].compactMap { $0 }
        if !hops.isEmpty { headers[.xForwardedFor] = hops.joined(separator: ", ") }
        headers[.xForwardedProto] = forwarded(.xForwardedProto) ?? "http"
        headers[.xForwardedHost] = forwarded(.xForwardedHost) ?? request.head.authority
        // Identifies the device in the list of sessions.
        headers[.userAgent] = request.headers[.userAgent]
        // The span of this request. Without one, the client's trace headers are forwarded unchanged.
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
    /// Continues a trace, replacing any other.
    mutating func set(_ trace: TraceHeaders) {
        self[.traceParent] = trace.traceparent
        self[.traceState] = trace.tracestate
    }

    /// Header fields of a connection, not of the message: RFC 9110, section 7.6.1.
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// The fields to forward, without those in `names`.
    func passedOn(without names: Set<String> = []) -> HTTPFields {
        let dropped = Self.hopByHop.union(names).union(connectionOptions)
        return HTTPFields(filter { !dropped.contains($0.name.canonicalName) })
    }
}
