package import WireFormats

/// The parts of a request that a signature covers.
package struct SignableRequest: Sendable {
    package var method: String
    /// Percent-encoded, from the root.
    package var path: String
    /// Not encoded; in any order.
    package var query: [(name: String, value: String)]
    /// Every header here is signed; `host` must be among them.
    package var headers: [(name: String, value: String)]

    package init(
        method: String, path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }

    /// The query as it is signed and sent: encoded, and sorted by the encoded form.
    package var canonicalQuery: String {
        query.map { ($0.name.percentEncoded(), $0.value.percentEncoded()) }
            .sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// - Returns: the text whose digest is signed, and the names of the headers in it.
    package func canonical(payloadHash: String) -> (text: String, signedHeaders: String) {
        let fields = headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.value)) }.sorted { $0.name < $1.name }
        let names = fields.map(\.name).joined(separator: ";")
        let lines = fields.map { "\($0.name):\($0.value)\n" }.joined()
        return ("\(method)\n\(path)\n\(canonicalQuery)\n\(lines)\n\(names)\n\(payloadHash)", names)
    }

    /// Without spaces at the ends, and with single spaces inside.
    private static func trimmed(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
}

extension ASCIISet {
    /// What a signature leaves as it is in the path of an object.
    package static let objectPath = unreserved.union("/")
}
