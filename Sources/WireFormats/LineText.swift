extension Unicode.Scalar {
    /// Whether it can end a line, or is not allowed in one: a control character (C0, DEL and C1, U+0085 among them), or a separator of
    /// lines or paragraphs (U+2028, U+2029).
    public var breaksLine: Bool {
        value < 0x20 || (0x7f...0x9f).contains(value) || value == 0x2028 || value == 0x2029
    }
}

extension StringProtocol {
    /// Whether the text is one line wherever it is shown or sent: in a header field, a log, a table.
    public var isSingleLine: Bool { !unicodeScalars.contains(where: \.breaksLine) }

    /// The text with a space for each scalar that breaks a line.
    public var onOneLine: String {
        if isSingleLine { return String(self) }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.breaksLine ? " " : $0 }))
    }
}
