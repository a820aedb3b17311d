import Testing
import WireFormats

@Suite struct NetworkRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("192.168.1.7", "192.168.1.7/32"), ("0.0.0.0/0", "0.0.0.0/0"), ("FD00::/8", "fd00::/8"),
        ("::1", "::1/128"), ("::/0", "::/0"), ("2001:db8:0:0::/64", "2001:db8::/64"),
    ])
    func reads(text: String, shown: String) { #expect(NetworkRange(text)?.description == shown) }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.1/8", "10/8", "10.0/16",
        "10.0.0/8", "0x0a.0.0.0/8", "010.0.0.0/8", "::1/129", "::/129", "fd00::1/8", "fe80::1%eth0", "localhost", "host", "10.0.0.0 /8",
    ])
    func refuses(text: String) { #expect(NetworkRange(text) == nil) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("192.168.4.0/22", "192.168.7.255", true),
        ("192.168.4.0/22", "192.168.8.0", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false), ("::/0", "1.2.3.4", false),
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("fd00::/8", "fdab::1", true), ("fd00::/8", "fe80::1", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", false), ("::1/128", "::1", true), ("::1/128", "::2", false),
    ])
    func containsItsAddresses(range: String, address: String, isInside: Bool) throws {
        let range = try #require(NetworkRange(range))
        #expect(range.contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8", true), ("10.0.0.0/8", "10.255.0.0/16", true), ("10.0.0.0/8", "10.0.0.0/7", false),
        ("10.1.0.0/16", "10.0.0.0/8", false), ("10.0.0.0/8", "11.0.0.0/8", false), ("10.0.0.0/8", "10.1.2.3", true),
        ("0.0.0.0/0", "10.0.0.0/8", true), ("0.0.0.0/0", "::/0", false), ("::/0", "0.0.0.0/0", false), ("fd00::/8", "fdab::/16", true),
        ("fd00::/8", "fc00::/7", false),
    ])
    func containsSmallerBlocks(range: String, other: String, isInside: Bool) throws {
        let (range, other) = (try #require(NetworkRange(range)), try #require(NetworkRange(other)))
        #expect(range.contains(other) == isInside)
    }

    @Test(arguments: [
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"), ("::ffff:0:0/96", "0.0.0.0/0"), ("::ffff:10.0.0.1", "10.0.0.1/32"), ("::/0", "::/0"),
        ("::fffe:0:0/95", "::fffe:0:0/95"), ("fd00::/104", "fd00::/104"), ("10.0.0.0/8", "10.0.0.0/8"),
    ])
    func mappedBlocksAreUnmapped(text: String, shown: String) { #expect(NetworkRange(text)?.unmapped.description == shown) }
}
