import WireFormats

/// A header value of the form `value; parameter=token; parameter="quoted"`.
struct HeaderValue {
    /// The part before the first semicolon, trimmed and in lowercase.
    let value: String
    /// By name in lowercase.
    let parameters: [String: String]

    /// Nil if the text has another form or repeats a parameter, because readers would disagree on which one counts.
    ///
    /// - Parameter allowsEmpty: whether a parameter may have neither a value nor quotes.
    init?(_ text: String, allowsEmpty: Bool = false) {
        var scanner = Scanner(rest: Array(text.utf8)[...], allowsEmpty: allowsEmpty)
        value = scanner.take { $0 != UInt8(ascii: ";") }.trimmed.text.lowercased()
        var parameters: [String: String] = [:]
        while scanner.skip(UInt8(ascii: ";")) {
            scanner.skipBlanks()
            // Some clients end the list with a semicolon.
            if scanner.rest.isEmpty { break }
            guard let (name, value) = scanner.parameter(), parameters.updateValue(value, forKey: name) == nil else { return nil }
        }
        guard scanner.rest.isEmpty, !value.isEmpty else { return nil }
        self.parameters = parameters
    }

    /// Decodes `charset'language'percent-encoded` (RFC 8187) in UTF-8 or ISO-8859-1.
    static func decodeExtended(_ text: String) -> String? {
        let pieces = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard pieces.count == 3, let bytes = PercentEncoding.decoded(pieces[2].utf8) else { return nil }
        switch pieces[0].lowercased() {
        case "utf-8": return String(validating: bytes, as: UTF8.self)
        case "iso-8859-1": return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: return nil
        }
    }
}

private struct Scanner {
    var rest: ArraySlice<UInt8>
    let allowsEmpty: Bool

    mutating func take(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = rest.prefix(while: condition)
        rest = rest[taken.endIndex...]
        return taken
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    mutating func skipBlanks() { _ = take(while: \.isBlank) }

    mutating func parameter() -> (name: String, value: String)? {
        let name = take(while: \.isToken)
        skipBlanks()
        guard !name.isEmpty, skip(UInt8(ascii: "=")) else { return nil }
        skipBlanks()
        guard let value = rest.first == UInt8(ascii: "\"") ? quoted() : token() else { return nil }
        skipBlanks()
        return (name.text.lowercased(), value)
    }

    /// Reads up to the next semicolon, because some clients omit quotes that the grammar requires.
    private mutating func token() -> String? {
        let value = take { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\"") }.trimmed
        return value.isEmpty && !allowsEmpty ? nil : value.text
    }

    /// A backslash escapes only a quote and itself, so that `C:\photo.jpg` from old browsers stays intact.
    private mutating func quoted() -> String? {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return bytes[...].text }
            if byte == UInt8(ascii: "\\"), let next = rest.first, next == UInt8(ascii: "\"") || next == byte {
                bytes.append(next)
                rest.removeFirst()
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }
}
