/// Percent-encoding: bytes as `%` and two hexadecimal digits (RFC 3986, section 2.1).
public enum PercentEncoding {
    /// Encodes one byte with upper-case digits.
    public static func encoded(_ byte: UInt8) -> String {
        var text: [UInt8] = []
        append(byte, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes every encoded byte. Returns nil if a `%` is not followed by two hexadecimal digits.
    public static func decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
        decoded(Array(text), plusAsSpace: false) { nil }
    }

    /// Decodes like the WHATWG URL standard: a `%` that is not followed by two hexadecimal digits stands for itself.
    ///
    /// - Parameter plusAsSpace: whether `+` means a space, as in `application/x-www-form-urlencoded`.
    public static func decodedLeniently(_ text: some Sequence<UInt8>, plusAsSpace: Bool = false) -> [UInt8] {
        decoded(Array(text), plusAsSpace: plusAsSpace) { UInt8(ascii: "%") } ?? []
    }

    /// On an array: a loop over a generic collection is not specialised for callers in other modules, and slow.
    ///
    /// - Parameter other: the byte for a `%` that is not followed by two hexadecimal digits; nil to stop.
    private static func decoded(_ text: [UInt8], plusAsSpace: Bool, other: () -> UInt8?) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                if index + 2 <= text.count, let high = Hexadecimal.value(of: text[index]), let low = Hexadecimal.value(of: text[index + 1])
                {
                    bytes.append(high << 4 | low)
                    index += 2
                } else {
                    guard let byte = other() else { return nil }
                    bytes.append(byte)
                }
            } else {
                bytes.append(plusAsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return bytes
    }

    fileprivate static func append(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "%"))
        text.append(Hexadecimal.uppercaseDigit(byte >> 4))
        text.append(Hexadecimal.uppercaseDigit(byte))
    }
}

extension StringProtocol {
    /// The text without percent-encoding. Nil if a `%` is not followed by two hexadecimal digits, or if the bytes are not UTF-8.
    public var percentDecoded: String? {
        PercentEncoding.decoded(utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }
}

extension String {
    /// Encodes every byte of the text's UTF-8 that is not in `kept`. This includes `%`, unless `kept` contains it.
    public func percentEncoded(keeping kept: ASCIISet = .unreserved) -> String {
        if kept.containsAll(of: self) { return self }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(utf8.count + 16)
        for byte in utf8 {
            if kept.contains(byte) { encoded.append(byte) } else { PercentEncoding.append(byte, to: &encoded) }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

extension ASCIISet {
    /// The characters that never need encoding (RFC 3986, section 2.3).
    public static let unreserved = alphanumerics.union("-._~")
    /// The characters allowed in a path segment (RFC 3986, section 3.3, `pchar`).
    public static let pathSegment = unreserved.union("!$&'()*+,;=:@")
}
