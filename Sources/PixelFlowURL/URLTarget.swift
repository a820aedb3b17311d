import WireFormats

/// The path and query of a URL.
package enum URLTarget {
    /// Percent-encodes bytes that are invalid in a request line, keeps existing percent-encoding, and drops the fragment.
    package static func encoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8.prefix { $0 != UInt8(ascii: "#") })
        var result = bytes.first == UInt8(ascii: "/") ? "" : "/"
        for (index, byte) in bytes.enumerated() {
            if isPlain(byte) || byte == UInt8(ascii: "%") && Hexadecimal.byte(of: bytes[(index + 1)...]) != nil {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += PercentEncoding.encoded(byte)
            }
        }
        return result
    }

    /// Resolves a reference without scheme and host against the target of the response that contained it.
    static func merged(base: String, reference: Substring) -> String {
        let basePath = base.prefix { $0 != "?" }
        if reference.isEmpty { return base }
        if reference.hasPrefix("?") { return String(basePath + reference) }
        let path = reference.prefix { $0 != "?" }
        let query = reference[path.endIndex...]
        let whole = path.hasPrefix("/") ? path : basePath.prefix(through: basePath.lastIndex(of: "/") ?? basePath.startIndex) + path
        return withoutDots(whole) + query
    }

    private static func withoutDots(_ path: Substring) -> String {
        var segments: [Substring] = []
        let pieces = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, piece) in pieces.enumerated() {
            let isLast = index == pieces.count - 1
            switch piece {
            case ".": if isLast { segments.append("") }
            case "..":
                _ = segments.popLast()
                if isLast { segments.append("") }
            default: segments.append(piece)
            }
        }
        return "/" + segments.joined(separator: "/")
    }

    private static let plain = ASCIISet.pathSegment.union("/?")

    private static func isPlain(_ byte: UInt8) -> Bool {
        plain.contains(byte)
    }
}
