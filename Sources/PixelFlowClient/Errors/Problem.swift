import NIOCore
import NIOHTTP1
public import WireFormats

/// An answer of the service that is no success, as it describes it itself (RFC 9457).
public struct Problem: Error, Sendable, Hashable {
    /// The status of HTTP.
    public let status: Int
    /// Stable, for programs: `invalid_value`. `http_502` and the like for an answer without one, such as a proxy's.
    public let code: String
    /// For people.
    public let title: String
    /// What is wrong with this request, for people.
    public let detail: String?
    /// The path of the value that is wrong: `pipeline.outputs[0].quality`.
    public let field: String?
    /// Names the request in the service's logs.
    public let requestID: String?
    /// When the service expects that the request can succeed.
    public let retryAfter: Duration?
    /// All that the answer says, if it is JSON.
    public let json: JSONValue?

    /// - Parameter now: seconds since 1970; of no interest if the answer has a date itself.
    init(status: Int, headers: HTTPHeaders, body: ByteBuffer, now: Int64) {
        json = try? JSONValue(parsing: body.readableBytesView)
        let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
        self.status = status
        code = json?["code"]?.stringValue ?? "http_\(status)"
        title = json?["title"]?.stringValue ?? (reason.isEmpty ? "Status \(status)" : reason)
        detail = json?["detail"]?.stringValue
        field = json?["field"]?.stringValue
        requestID = json?["request_id"]?.stringValue ?? headers.first(name: "x-request-id")
        let time = headers.first(name: "date").flatMap { HTTPDate.seconds($0) } ?? now
        retryAfter = headers.first(name: "retry-after").flatMap { RetryAfter.seconds($0, now: time) }.map { .seconds($0) }
    }
}

extension Problem: CustomStringConvertible {
    public var description: String { "\(detail ?? title) (\(code))" }
}
