import Foundation
import Testing
import WireFormats

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func isPadded(text: String, encoded: String) {
        #expect(Base64.encoded(text.utf8) == encoded)
        #expect(Base64.urlEncoded(text.utf8) == encoded.replacing("=", with: ""))
    }

    @Test func theURLAlphabetHasNoSlash() {
        #expect(Base64.encoded([0xfb, 0xff, 0xfe]) == "+//+")
        #expect(Base64.urlEncoded([0xfb, 0xff, 0xfe]) == "-__-")
    }

    @Test func theURLAlphabetIsReadAgain() {
        for count in 0..<64 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            #expect(Base64.urlDecoded(Base64.urlEncoded(bytes)) == bytes)
        }
    }

    @Test(arguments: ["A", "AAAAA", "Zg==", "+//+", "Zm 8", "Zm8\n", "ü"])
    func otherTextsAreRefused(text: String) { #expect(Base64.urlDecoded(text) == nil) }

    @Test func isDecodedByFoundation() {
        for count in 0..<64 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            #expect(Data(base64Encoded: Base64.encoded(bytes)).map(Array.init) == bytes)
        }
    }
}
