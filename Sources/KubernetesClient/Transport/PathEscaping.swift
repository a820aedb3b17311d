import WireFormats

/// Percent-encoding for URLs.
enum PathEscaping {
    static func segment(_ text: String) -> String { escape(text, keeping: .pathSegment) }

    static func query(_ items: [(String, String)]) -> String {
        items.map { "\(escape($0.0, keeping: .unreserved))=\(escape($0.1, keeping: .unreserved))" }.joined(separator: "&")
    }

    private static func escape(_ text: String, keeping kept: ASCIISet) -> String {
        // A name that is nothing but dots would be a step in the path.
        text == "." || text == ".." ? text.map { _ in "%2E" }.joined() : text.percentEncoded(keeping: kept)
    }
}
