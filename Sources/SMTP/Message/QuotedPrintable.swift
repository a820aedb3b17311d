/// Quoted-printable (RFC 2045, section 6.7): encodes text as lines of at most 76 ASCII characters, leaving ASCII readable.
enum QuotedPrintable {
    private static let lineLength = 76
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func lines(_ text: String) -> [String] {
        let normal = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        return normal.split(separator: "\n", omittingEmptySubsequences: false).flatMap { encoded(Array($0.utf8)) }
    }

    private static func encoded(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var line: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            let isBlank = byte == 0x20 || byte == 0x09
            let isPlain = (0x21..<0x7f).contains(byte) && byte != UInt8(ascii: "=") || isBlank && !isLast
            let piece = isPlain ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            // Reserve space for the `=` of a soft line break.
            if line.count + piece.count > lineLength - (isLast ? 0 : 1) {
                lines.append(String(decoding: line, as: UTF8.self) + "=")
                line = []
            }
            line += piece
        }
        lines.append(String(decoding: line, as: UTF8.self))
        return lines
    }
}
