import Foundation
import KubernetesClient

/// A question to the metrics API.
struct APIQuestion: Sendable {
    var method = "GET"
    /// Without the query, decoded.
    var path: String
    var query: [String: String] = [:]
    var accept = ""
    /// The entity tag that the caller has the answer of.
    var knownTag: String?

    /// The parameters of a query, as Go's clients write them: a plus sign is a space. The first of a name counts.
    static func parameters(_ query: String) -> [String: String] {
        func decoded(_ text: Substring) -> String {
            let spaced = text.replacing("+", with: " ")
            return spaced.removingPercentEncoding ?? String(spaced)
        }
        let pairs = query.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

/// What is answered.
struct APIAnswer: Sendable, Hashable {
    var status = 200
    /// Nil for an answer without a body.
    var body: JSONValue?
    var type = "application/json"
    var entityTag: String?

    init(_ body: JSONValue) { self.body = body }

    init(_ failure: APIFailure) {
        status = failure.code
        body = failure.body
    }

    /// A document that callers keep: not sent again to those who have it.
    init(_ document: JSONValue, type: String, knownTag: String?) {
        self.type = type
        let tag = Discovery.entityTag(document)
        entityTag = tag
        if knownTag == tag {
            status = 304
        } else {
            body = document
        }
    }
}
