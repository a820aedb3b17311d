import KubernetesClient
import PixelFlowHTTP
import WireFormats

/// A request to the metrics API.
struct APIQuestion: Sendable {
    var method = "GET"
    /// Decoded, without the query.
    var path: String
    var query: [String: String] = [:]
    var accept = ""
    /// The preconditions of the request; nil if there are none.
    var preconditions: Preconditions?

    /// The parameters of a query. If a name is repeated, the first one counts.
    static func parameters(_ query: String) -> [String: String] { QueryParameters(query).firstValues }
}

/// A response.
struct APIResponse: Sendable, Hashable {
    var status = 200
    /// Nil for a response without a body.
    var body: JSONValue?
    var type = "application/json"
    var entityTag: String?

    init(_ body: JSONValue) { self.body = body }

    init(_ failure: APIError) {
        status = failure.code
        body = failure.body
    }

    /// A document that callers cache: it is not sent again to those that have it.
    init(_ document: JSONValue, type: String, preconditions: Preconditions?) {
        self.type = type
        let tag = Discovery.entityTag(document)
        entityTag = tag.description
        switch preconditions?.outcome(for: tag) {
        case .holds, nil: body = document
        case .notModified: status = 304
        case .failed: status = 412
        }
    }
}

/// The media types that a caller accepts, from `Accept`.
struct AcceptedTypes: Sendable, Hashable {
    private let types: [String]

    /// - Parameter header: empty or absent accepts everything.
    init(_ header: String) {
        types = header.split(separator: ",").map { $0.filter { !$0.isWhitespace }.lowercased() }
    }

    /// Whether plain JSON is accepted. A type with the parameter `as` requests another representation.
    var json: Bool {
        types.isEmpty
            || types.contains { type in
                let parts = type.split(separator: ";")
                return ["application/json", "application/*", "*/*"].contains(parts.first.map(String.init) ?? "")
                    && !parts.dropFirst().contains { $0.hasPrefix("as=") }
            }
    }

    var aggregatedDiscovery: Bool {
        let wanted: Set<Substring> = ["application/json", "g=apidiscovery.k8s.io", "v=v2", "as=apigroupdiscoverylist"]
        return types.contains { wanted.isSubset(of: $0.split(separator: ";")) }
    }
}
