import Foundation
import Testing
import WireFormats

@Suite struct JSONTextTests {
    private func written(_ text: String) -> String {
        var bytes = Array("x".utf8)
        JSONText.append(text, to: &bytes)
        return String(decoding: bytes.dropFirst(), as: UTF8.self)
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), (#"a"b\c"#, #""a\"b\\c""#), ("line\nbreak\r\ttab", #""line\nbreak\r\ttab""#),
        ("\u{0}\u{1f}\u{8}", #""\u0000\u001f\u0008""#), ("\u{7f}", #""\u007f""#), ("é\u{2028}😀/", "\"é\u{2028}😀/\""), ("\n", #""\n""#),
    ])
    func escapesRequiredCharacters(text: String, json: String) { #expect(written(text) == json) }

    @Test func everyScalarBelow512SurvivesARoundTrip() throws {
        let text = String(String.UnicodeScalarView((0..<512).compactMap(Unicode.Scalar.init)))
        #expect(try JSONDecoder().decode([String].self, from: Data("[\(written(text))]".utf8)) == [text])
    }
}
