import Testing
import WireFormats

@Suite struct ASCIISetTests {
    @Test func containsItsCharacters() {
        let set: ASCIISet = "a-é\u{7f}"
        for byte in UInt8.min...UInt8.max { #expect(set.contains(byte) == [0x61, 0x2d, 0x7f].contains(byte)) }
    }

    @Test func namedSetsHaveTheRightCharacters() {
        let letters = Set("abcdefghijklmnopqrstuvwxyz".utf8)
        let capitals = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        let digits = Set("0123456789".utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(ASCIISet.lowercase.contains(byte) == letters.contains(byte))
            #expect(ASCIISet.uppercase.contains(byte) == capitals.contains(byte))
            #expect(ASCIISet.digits.contains(byte) == digits.contains(byte))
            #expect(ASCIISet.alphanumerics.contains(byte) == letters.union(capitals).union(digits).contains(byte))
        }
    }

    @Test(arguments: [("", true), ("abc", true), ("abC", false), ("ab ", false), ("é", false)])
    func checksTexts(text: String, isAllowed: Bool) { #expect(ASCIISet.lowercase.containsAll(of: text) == isAllowed) }
}
