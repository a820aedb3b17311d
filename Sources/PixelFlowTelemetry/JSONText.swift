/// Appends JSON to a byte array, without the cost of a general encoder.
enum JSONText {
    /// Appends `text` as a JSON string: quoted, escaped, always one line.
    static func append(_ text: String, to line: inout [UInt8]) {
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
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "\n"): line += "\\n".utf8
        case UInt8(ascii: "\r"): line += "\\r".utf8
        case UInt8(ascii: "\t"): line += "\\t".utf8
        default:
            let digits = Array("0123456789abcdef".utf8)
            line += "\\u00".utf8
            line += [digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
        }
    }
}
