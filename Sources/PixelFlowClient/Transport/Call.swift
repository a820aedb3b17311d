import NIOHTTP1
import WireFormats

/// One request, as often as it is sent.
struct Call: Sendable {
    var method: HTTPMethod
    /// With its query.
    var url: String
    var headers: HTTPHeaders = [:]
    var body: RequestBody?
    /// Whether sending it twice does no more than sending it once.
    var isRepeatable: Bool

    init(_ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: RequestBody? = nil, isRepeatable: Bool? = nil) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.isRepeatable = isRepeatable ?? [.GET, .HEAD, .PUT, .DELETE].contains(method)
    }

    /// What is waited for, in words.
    var answer: String { "the answer to \(method.rawValue) \(url)" }
}

/// A URL's path, put together of segments that are encoded.
enum Path {
    static func joined(_ segments: String...) -> String { segments.map { "/" + $0.percentEncoded() }.joined() }

    /// With a question mark in front; empty without a value.
    static func query(_ fields: [(name: String, value: String?)]) -> String {
        let pairs = fields.compactMap { field in field.value.map { "\(field.name)=\($0.percentEncoded())" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
