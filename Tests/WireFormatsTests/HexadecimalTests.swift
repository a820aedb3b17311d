import Testing
import WireFormats

@Suite struct HexadecimalTests {
    /// RFC 4648, section 10.
    @Test(arguments: [("", ""), ("f", "66"), ("fo", "666f"), ("foobar", "666f6f626172")])
    func writesTwoDigitsPerByte(text: String, digits: String) { #expect(text.utf8.hexadecimal == digits) }

    @Test func everyByteSurvivesARoundTrip() {
        for byte in UInt8.min...UInt8.max {
            #expect(Hexadecimal.byte(of: [byte].hexadecimal.utf8) == byte)
            #expect(Hexadecimal.byte(of: [byte].hexadecimal.uppercased().utf8) == byte)
            #expect(Hexadecimal.byte(of: [Hexadecimal.uppercaseDigit(byte >> 4), Hexadecimal.uppercaseDigit(byte)]) == byte)
        }
    }

    @Test func otherBytesAreNotDigits() {
        for byte in UInt8.min...UInt8.max {
            #expect((Hexadecimal.value(of: byte) != nil) == "0123456789abcdefABCDEF".utf8.contains(byte))
        }
    }

    @Test(arguments: ["", "4", "4g", "g4", "+4", " 4"])
    func anOddNumberOfDigitsIsRefused(text: String) { #expect(Hexadecimal.byte(of: text.utf8) == nil) }
}
