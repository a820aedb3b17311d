import NIOCore
import NIOHTTP1
public import WireFormats

/// An unsuccessful response, as the service describes it (RFC 9457).
public struct Problem: Error, Sendable, Hashable {
    /// The HTTP status.
    public let status: Int
    /// A stable code for programs, such as `invalid_value`. `http_502` and the like if the response has none, as from a proxy.
    public let code: String
    /// A summary for people.
    public let title: String
    /// What is wrong with this request, for people.
    public let detail: String?
    /// The path of the invalid value: `pipeline.outputs[0].quality`.
    public let field: String?
    /// Identifies the request in the service's logs.
    public let requestID: String?
    /// The time after which the service expects the request to succeed.
    public let retryAfter: Duration?
    /// The complete response, if it is JSON.
    public let json: JSONValue?

    /// - Parameter now: seconds since 1970, used only if the response has no `Date`.
    init(status: Int, headers: HTTPHeaders, body: ByteBuffer, now: Int64) {
        json = try? JSONValue(parsing: body.readableBytesView)
        let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
        self.status = status
        code = json?["code"]?.stringValue ?? "http_\(status)"
        title = json?["title"]?.stringValue ?? (reason.isEmpty ? "Status \(status)" : reason)
        detail = json?["detail"]?.stringValue
        field = json?["field"]?.stringValue
        requestID = json?["request_id"]?.stringValue ?? headers.first(name: "x-request-id")
        let time = headers.first(name: "date").flatMap { HTTPDate.seconds($0, now: now) } ?? now
        retryAfter = headers.first(name: "retry-after").flatMap { RetryAfter.seconds($0, now: time) }.map { .seconds($0) }
    }
}

extension Problem: CustomStringConvertible {
    public var description: String { "\(detail ?? title) (\(code))" }
}
