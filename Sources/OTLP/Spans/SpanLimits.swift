/// Bounds of one span. What is beyond is left out and counted in the span.
enum SpanLimits {
    static let attributes = 128
    static let events = 128
    static let links = 128
    /// Bytes of a name, and of a text in an attribute; longer ones are cut.
    static let textBytes = 4096

    /// At most `textBytes` of a text, cut between characters.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > textBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: textBytes)
        while end.samePosition(in: text) == nil { text.utf8.formIndex(before: &end) }
        return String(text[..<end])
    }
}
