import KubernetesClient
import NIOHTTP1
package import WireFormats

/// A received call, recorded for tests.
package struct FakeClusterRequest: Sendable {
    package let method: String
    /// Without the query, as sent.
    package let path: String
    package let query: [String: String]
    package let headers: [String: String]
    package let body: [UInt8]
    /// Nil if the user is not authenticated.
    package internal(set) var user: FakeClusterUser?

    package var json: JSONValue? { try? JSONValue(parsing: body) }

    init(head: HTTPRequestHead, body: [UInt8]) {
        let parts = head.uri.split(separator: "?", maxSplits: 1)
        method = head.method.rawValue
        path = parts.first.map(String.init) ?? "/"
        let items = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { item in
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (RequestTarget.unescape(pair[0]), RequestTarget.unescape(pair.count > 1 ? pair[1] : ""))
        }
        query = Dictionary(items) { first, _ in first }
        headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $0 + ", " + $1 }
        self.body = body
    }

    /// As in access rules.
    func verb(for target: RequestTarget) -> String {
        switch method {
        case "GET": query["watch"] == "true" ? "watch" : target.name == nil ? "list" : "get"
        case "POST": "create"
        case "PUT": "update"
        default: method.lowercased()
        }
    }
}
