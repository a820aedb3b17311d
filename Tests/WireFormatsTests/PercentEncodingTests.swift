import Foundation
import Testing
import WireFormats

@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("", ""), ("plain-._~09AZaz", "plain-._~09AZaz"), ("a b", "a%20b"), ("100%", "100%25"), ("ሴ", "%E1%88%B4"),
        ("a/b?c=d&e", "a%2Fb%3Fc%3Dd%26e"),
        ("\u{0}\u{7f}", "%00%7F"), ("+*'()!", "%2B%2A%27%28%29%21"),
    ])
    func encodesAllButUnreservedCharacters(text: String, encoded: String) throws {
        #expect(text.percentEncoded() == encoded)
        let bytes = try #require(PercentEncoding.decoded(encoded.utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test(arguments: [("a/b c", "a%2Fb%20c"), ("a:b@c!$&'()*+,;=", "a:b@c!$&'()*+,;="), ("a%2Fb", "a%252Fb"), ("a?b#c", "a%3Fb%23c")])
    func aSegmentKeepsWhatAPathAllows(text: String, encoded: String) { #expect(text.percentEncoded(keeping: .pathSegment) == encoded) }

    @Test func keepsAllowedCharacters() { #expect("a/b c".percentEncoded(keeping: ASCIISet.unreserved.union("/")) == "a/b%20c") }

    @Test func oneByteHasUpperCaseDigits() {
        #expect(PercentEncoding.encoded(0xaf) == "%AF")
        #expect(PercentEncoding.encoded(0x05) == "%05")
    }

    @Test(arguments: ["%", "a%2", "%g0", "%2 ", "%%41"])
    func strictReadingRefusesABarePercentSign(text: String) { #expect(PercentEncoding.decoded(text.utf8) == nil) }

    @Test func textsAreDecodedLikeFoundationDoes() {
        let parts = ["%", "%4", "%41", "%c3", "%a4", "%00", "%zz", "ä", "a", "+", "%25", "/"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...5)).compactMap { _ in parts.randomElement() }.joined()
            #expect(text.percentDecoded == text.removingPercentEncoding, "\(text)")
        }
    }

    @Test(arguments: [
        ("", ""), ("%", "%"), ("%2", "%2"), ("%zz", "%zz"), ("%%41", "%A"), ("a%20b+c", "a b+c"), ("%e1%88%b4", "ሴ"), ("%4", "%4"),
        ("%254", "%4"),
    ])
    func lenientReadingKeepsABarePercentSign(text: String, decoded: String) {
        #expect(PercentEncoding.decodedLeniently(text.utf8) == Array(decoded.utf8))
    }

    @Test func formEncodingUsesPlusForSpaces() {
        #expect(PercentEncoding.decodedLeniently("a+b%2Bc".utf8, plusAsSpace: true) == Array("a b+c".utf8))
    }
}
