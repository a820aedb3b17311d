/// Writes JSON to a byte array without the overhead of a general encoder.
public enum JSONText {
    /// Appends `text` as a JSON string (RFC 8259, section 7): quoted and escaped, always on one line.
    ///
    /// Escapes quotes, backslashes and control characters, including DEL; everything else remains UTF-8.
    public static func append(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for index in bytes.indices where needsEscape(bytes[index]) {
                line.append(contentsOf: bytes[start..<index])
                appendEscape(bytes[index], to: &line)
                start = index + 1
            }
            line.append(contentsOf: bytes[start...])
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
    }

    private static func appendEscape(_ byte: UInt8, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): line.append(byte)
        case UInt8(ascii: "\n"): line.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): line.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): line.append(UInt8(ascii: "t"))
        default:
            line += "u00".utf8
            line.append(Hexadecimal.lowercaseDigit(byte >> 4))
            line.append(Hexadecimal.lowercaseDigit(byte))
        }
    }
}
