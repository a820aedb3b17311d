import WireFormats

/// Texts in a header: encoded words (RFC 2047) for what is not ASCII, and folding (RFC 5322, section 2.2.3).
enum HeaderText {
    /// Bytes of a line that editors and people like; 998 is what servers take.
    private static let lineLength = 76
    /// An encoded word may have 75 characters (RFC 2047, section 2). 36 bytes make one of 60, which leaves room for the name of the
    /// field, behind which no line is broken.
    private static let wordBytes = 36

    /// A text that is ASCII as it is; any other, and one that could be taken for an encoded word, as encoded words.
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        let longest = text.split(separator: " ").map(\.utf8.count).max() ?? 0
        if isPlain, !text.contains("=?"), longest <= 900 { return text }
        return words(text).joined(separator: " ")
    }

    /// A mailbox with its name as encoded words or a quoted string.
    static func mailbox(_ mailbox: MailAddress) -> String {
        guard let name = mailbox.name else { return mailbox.address }
        let isPlain = name.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && !name.contains("=?") && name.utf8.count <= 200
        guard isPlain else { return "\(words(name).joined(separator: " ")) <\(mailbox.address)>" }
        let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(quoted)\" <\(mailbox.address)>"
    }

    /// A field on as many lines as it needs; broken at spaces only.
    static func folded(_ field: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for (index, word) in field.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            // A line of white space alone is none (RFC 5322, section 3.2.2), and the name stays with what it names.
            let mayBreak = index > 1 && !word.isEmpty && line.contains { $0 != " " }
            if mayBreak, line.utf8.count + 1 + word.utf8.count > lineLength {
                lines.append(line)
                line = " \(word)"
            } else {
                line += index == 0 ? String(word) : " \(word)"
            }
        }
        return lines + [line]
    }

    /// Characters are never torn apart: each word is text by itself.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var bytes: [UInt8] = []
        func close() {
            if !bytes.isEmpty { words.append("=?utf-8?B?\(Base64.encoded(bytes))?=") }
            bytes = []
        }
        for scalar in text.unicodeScalars {
            let next = Array(String(scalar).utf8)
            if bytes.count + next.count > wordBytes { close() }
            bytes += next
        }
        close()
        return words
    }
}
