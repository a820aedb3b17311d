package import WireFormats

/// The parts of a request that a signature covers.
package struct SignableRequest: Sendable {
    package var method: String
    /// Percent-encoded and absolute.
    package var path: String
    /// Unencoded, in any order.
    package var query: [(name: String, value: String)]
    /// All of these headers are signed; `host` must be included.
    package var headers: [(name: String, value: String)]

    package init(
        method: String, path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }

    /// The query as signed and sent: encoded and sorted by the encoded form.
    package var canonicalQuery: String {
        query.map { ($0.name.percentEncoded(), $0.value.percentEncoded()) }
            .sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// - Returns: the text whose digest is signed, and the names of its headers.
    package func canonical(payloadHash: String) -> (text: String, signedHeaders: String) {
        let fields = headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.value)) }.sorted { $0.name < $1.name }
        let names = fields.map(\.name).joined(separator: ";")
        let lines = fields.map { "\($0.name):\($0.value)\n" }.joined()
        return ("\(method)\n\(path)\n\(canonicalQuery)\n\(lines)\n\(names)\n\(payloadHash)", names)
    }

    /// Removes leading and trailing spaces, and collapses inner ones.
    private static func trimmed(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
}

extension ASCIISet {
    /// The characters that a signature leaves unencoded in the path of an object.
    package static let objectPath = unreserved.union("/")
}
