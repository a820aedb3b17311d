/// Bytes as `%` and two hexadecimal digits (RFC 3986, section 2.1).
package enum PercentEncoding {
    /// One byte, encoded.
    package static func encoded(_ byte: UInt8) -> String {
        "%" + String(UInt16(byte) + 0x100, radix: 16, uppercase: true).dropFirst()
    }

    /// Every encoded byte as itself; nil if that is not an UTF-8. A `%` without digits stays.
    static func decoded(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), let byte = byte(of: bytes[(index + 1)...].prefix(2)) {
                result.append(byte)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(validating: result, as: UTF8.self)
    }

    /// The byte that two hexadecimal digits stand for.
    static func byte(of digits: ArraySlice<UInt8>) -> UInt8? {
        let values = digits.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return values.count == 2 ? UInt8(values[0] << 4 | values[1]) : nil
    }
}
