import Testing
import WireFormats

struct Base32Tests {
    /// RFC 4648, section 10, without its padding.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
    func matchesTheStandardExamples(_ plain: String, _ encoded: String) {
        #expect(Base32.encoded(plain.utf8) == encoded)
        #expect(Base32.decoded(encoded) == Array(plain.utf8))
    }

    @Test(arguments: ["1", "8", "mzxw6", "MZXW6===", "MZ XQ"])
    func otherCharactersAreRefused(_ text: String) { #expect(Base32.decoded(text) == nil) }

    @Test func everyByteSurvivesARoundTrip() {
        let bytes = Array(UInt8.min...UInt8.max)
        #expect(Base32.decoded(Base32.encoded(bytes)) == bytes)
    }
}
