import Glibc
import Testing
import WireFormats

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("1.2.3.4", "1.2.3.4"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("0:0:0:0:0:0:0:1", "::1"), ("::", "::"),
        ("2001:DB8::0:1", "2001:db8::1"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"), ("::ffff:102:304", "::ffff:1.2.3.4"),
        ("::1.2.3.4", "::1.2.3.4"),
        ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ])
    func haveOneCanonicalSpelling(text: String, shown: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == shown)
        #expect(IPAddress(address.description) == address)
    }

    /// RFC 5952, section 4.
    @Test(arguments: [
        ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:DB8::ABCD", "2001:db8::abcd"),
    ])
    func zerosAreCompressedOnce(text: String, shown: String) { #expect(IPAddress(text)?.description == shown) }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.00", "1.2.3.0x4", "+1.2.3.4", "-1.2.3.4", " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4.", ".1.2.3.4", "127.1", "2130706433", "１.2.3.4", "1..3.4", "1.2.3.1000", "1.2.3.4\u{0}", "1.2.3.4/8", "1.2.3.4%eth0",
        ":", ":::", "1::2::3", "12345::", "::1%lo", "fe80::1%eth0", "[::1]", "::1\u{0}", "::1.2.3", "g::1", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", ":1::2", "1::2:", "1:", "::1.2.3.04", "::01.2.3.4", "1.2.3.4::",
        "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:1.2.3.256", "::+1", "::-1", "::0x1", "1 ::2", "::00001", "::ffff:1.2.3.4%lo",
    ])
    func otherSpellingsAreRefused(text: String) { #expect(IPAddress(text) == nil) }

    @Test(arguments: [
        ("::ffff:1.2.3.4", "1.2.3.4"), ("::ffff:0:0", "0.0.0.0"), ("1.2.3.4", "1.2.3.4"), ("::1.2.3.4", "::1.2.3.4"), ("::1", "::1"),
        ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("::fffe:1.2.3.4", "::fffe:102:304"), ("1::ffff:1.2.3.4", "1::ffff:102:304"),
    ])
    func mappedAddressesAreUnmapped(text: String, shown: String) { #expect(IPAddress(text)?.unmapped.description == shown) }

    @Test func bitWidthsMatchTheProtocol() {
        #expect(IPAddress("1.2.3.4")?.width == 32)
        #expect(IPAddress("::ffff:1.2.3.4")?.width == 128)
    }

    /// Groups are often zero, where the shortening is.
    @Test func matchesTheSystem() throws {
        for _ in 0..<5_000 {
            let groups = (0..<8).map { _ in Bool.random() ? 0 : UInt16.random(in: 0...UInt16.max) >> UInt16.random(in: 0...15) }
            let bits = groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
            let system = systemText(bits)
            #expect(IPAddress.v6(bits).description == system)
            #expect(IPAddress(system) == .v6(bits))
        }
    }

    @Test func refusesLikeTheSystem() {
        let pieces = [":", "::", "0", "1", "ffff", "12345", ".", "1.2.3.4", "255", "g", "a:b", "0:0:0"]
        var accepted = 0
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...9)).map { _ in pieces[.random(in: 0..<pieces.count)] }.joined()
            let address = systemAddress(text)
            if address != nil { accepted += 1 }
            guard case .v4? = IPAddress(text) else {
                #expect(IPAddress(text) == address, "\(text)")
                continue
            }
        }
        #expect(accepted > 100)
    }

    private func systemText(_ bits: UInt128) -> String {
        var address = bits.bigEndian
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func systemAddress(_ text: String) -> IPAddress? {
        var bits: UInt128 = 0
        return inet_pton(AF_INET6, text, &bits) == 1 ? .v6(UInt128(bigEndian: bits)) : nil
    }
}
