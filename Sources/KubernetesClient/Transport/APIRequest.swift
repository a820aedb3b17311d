import NIOCore
import NIOHTTP1
public import WireFormats

/// A call before the address and credentials are added.
struct APIRequest: Sendable {
    var method: HTTPMethod = .GET
    var path: String
    var query: [(String, String)] = []
    var contentType = "application/json"
    var accept = "application/json"
    var body: [UInt8]?

    init(_ method: HTTPMethod = .GET, _ path: String, query: [(String, String)] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// Including the query.
    var target: String {
        guard !query.isEmpty else { return path }
        return path + (path.contains("?") ? "&" : "?") + PathEscaping.query(query)
    }
}

/// A response with any status.
public struct RawResponse: Sendable {
    /// The HTTP status.
    public let status: Int
    public let body: [UInt8]

    public var isSuccess: Bool { (200..<300).contains(status) }
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// - Throws: `JSONValue.SyntaxError`.
    public func json() throws -> JSONValue { try JSONValue(parsing: body) }
}

/// Percent-encoding for URLs.
enum PathEscaping {
    static func segment(_ text: String) -> String { escape(text, keeping: .pathSegment) }

    static func query(_ items: [(String, String)]) -> String {
        items.map { "\(escape($0.0, keeping: .unreserved))=\(escape($0.1, keeping: .unreserved))" }.joined(separator: "&")
    }

    private static func escape(_ text: String, keeping kept: ASCIISet) -> String {
        // A path segment of only dots would be resolved.
        text == "." || text == ".." ? text.map { _ in "%2E" }.joined() : text.percentEncoded(keeping: kept)
    }
}
