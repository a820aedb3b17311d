import WireFormats

/// Encodes text in headers: encoded words (RFC 2047) for anything that is not ASCII, and folding (RFC 5322, section 2.2.3).
enum HeaderText {
    /// The preferred maximum length of a line in bytes; servers accept 998.
    private static let lineLength = 76
    /// An encoded word may have 75 characters (RFC 2047, section 2). 36 bytes result in 60, which leaves space for the field name,
    /// after which a line must not be broken.
    private static let wordBytes = 36

    /// ASCII text unchanged; other text, and text that looks like an encoded word, as encoded words.
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        let longest = text.split(separator: " ").map(\.utf8.count).max() ?? 0
        if isPlain, !text.contains("=?"), longest <= 900 { return text }
        return words(text).joined(separator: " ")
    }

    /// A mailbox with its name as encoded words or as a quoted string.
    static func mailbox(_ mailbox: MailAddress) -> String {
        guard let name = mailbox.name else { return mailbox.address }
        let isPlain = name.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && !name.contains("=?") && name.utf8.count <= 200
        guard isPlain else { return "\(words(name).joined(separator: " ")) <\(mailbox.address)>" }
        let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(quoted)\" <\(mailbox.address)>"
    }

    /// Folds a field into as many lines as it needs, only at spaces.
    static func folded(_ field: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for (index, word) in field.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            // A line must not consist of whitespace only (RFC 5322, section 3.2.2), and the field name must be followed by a value.
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

    /// Never splits characters: each word must be valid text on its own.
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
