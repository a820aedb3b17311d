import Testing
import WireFormats

@Suite("Texts of one line")
struct LineTextTests {
    private static let breaking: [Unicode.Scalar] = [
        "\u{0}", "\t", "\n", "\u{b}", "\u{c}", "\r", "\u{1b}", "\u{7f}", "\u{80}", "\u{85}", "\u{9f}", "\u{2028}", "\u{2029}",
    ]

    @Test("a scalar that breaks a line is reported and becomes a space", arguments: breaking)
    func lineBreaksBecomeSpaces(scalar: Unicode.Scalar) {
        let text = "a\(Character(scalar))b"
        #expect(!text.isSingleLine)
        #expect(text.onOneLine == "a b")
    }

    @Test("any other text is one line and stays unchanged", arguments: ["", " ", "ab~", "\u{a0}ü€", "👩‍👩‍👧", "\u{2027}\u{202a}"])
    func otherTextIsUnchanged(text: String) {
        #expect(text.isSingleLine)
        #expect(text.onOneLine.unicodeScalars.elementsEqual(text.unicodeScalars))
    }
}
