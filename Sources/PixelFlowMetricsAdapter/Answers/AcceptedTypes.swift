/// The media types that a caller accepts, from `Accept`.
struct AcceptedTypes: Sendable, Hashable {
    private let types: [String]

    /// - Parameter header: empty or absent accepts everything.
    init(_ header: String) {
        types = header.split(separator: ",").map { $0.filter { !$0.isWhitespace }.lowercased() }
    }

    /// Plain JSON. A type with a parameter `as` is another form of the answer.
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
