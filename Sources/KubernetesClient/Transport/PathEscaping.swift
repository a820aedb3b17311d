/// Percent-encoding for URLs.
enum PathEscaping {
    static func segment(_ text: String) -> String { escape(text, keeping: "-._~:@!$&'()*+,;=") }

    static func query(_ items: [(String, String)]) -> String {
        items.map { "\(escape($0.0, keeping: "-._~"))=\(escape($0.1, keeping: "-._~"))" }.joined(separator: "&")
    }

    private static func escape(_ text: String, keeping marks: StaticString) -> String {
        // A name that is nothing but dots would be a step in the path.
        if text == "." || text == ".." { return text.map { _ in "%2E" }.joined() }
        let kept = UnsafeBufferPointer(start: marks.utf8Start, count: marks.utf8CodeUnitCount)
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                escaped.unicodeScalars.append(UnicodeScalar(byte))
            case _ where kept.contains(byte): escaped.unicodeScalars.append(UnicodeScalar(byte))
            default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}
