import NIOHTTP1
import WireFormats

/// A request, which may be sent several times.
struct Call: Sendable {
    var method: HTTPMethod
    /// Including the query.
    var url: String
    var headers: HTTPHeaders = [:]
    var body: RequestBody?
    /// Whether the request is idempotent.
    var isRepeatable: Bool

    init(_ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: RequestBody? = nil, isRepeatable: Bool? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.isRepeatable = isRepeatable ?? [.GET, .HEAD, .PUT, .DELETE].contains(method)
    }

    /// A description for timeout errors.
    var responseName: String { "the response to \(method.rawValue) \(url)" }
}

/// Builds the path of a URL from percent-encoded segments.
enum Path {
    static func joined(_ segments: String...) -> String { segments.map { "/" + $0.percentEncoded() }.joined() }

    /// Starts with a question mark; empty if all values are nil.
    static func query(_ fields: [(name: String, value: String?)]) -> String {
        let pairs = fields.compactMap { field in field.value.map { "\(field.name)=\($0.percentEncoded())" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
