import PixelFlowCore
import Testing
import WireFormats

@testable import PixelFlowHTTP

@Suite("Client addresses")
struct ClientAddressTests {
    /// `NetworkRangeTests` covers all other refusals and trusted ranges.
    @Test(
        "IPv4 inside IPv6 is IPv4",
        arguments: [
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.1", true), ("::ffff:10.0.0.1", "10.0.0.1", true), ("10.0.0.0/8", "::ffff:11.1.2.3", false),
            ("::/0", "10.1.2.3", false), ("::/0", "::2", true),
        ])
    func mappedAddressesAreIPv4(range: String, address: String, isTrusted: Bool) throws {
        let proxies = try TrustedProxies(setting: range)
        #expect(proxies.trusts(try #require(IPAddress(address))) == isTrusted)
        #expect(proxies.trusts(try #require(IPAddress.peer(address))) == isTrusted)
    }

    @Test(
        "a range has the spelling of CIDR",
        arguments: ["10.1.2.3/8", "10.0.0.0/08", "10.0.0.0/+8", "fe80::1%eth0", "10.0.0.0/33", "::/129"]
    )
    func invalidRangeIsRefused(text: String) {
        #expect(throws: PixelFlowError.self) { try TrustedProxies(setting: text) }
    }

    private static let chains: [(String, String?)] = [
        ("203.0.113.9", "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1"), ("", nil), ("nonsense", nil), ("203.0.113.9, nonsense", nil),
        ("1.2.3.4, ::ffff:203.0.113.9", "203.0.113.9"), ("2001:db8:0:0:0:0:0:9", "2001:db8::9"), ("fe80::1%eth0", nil),
        ("9.9.9.9, 203.0.113.9\u{0}x", nil),
        ("203.0.113.9:52044", "203.0.113.9"), ("1.2.3.4:5, 203.0.113.9:7, 127.0.0.1:9", "203.0.113.9"),
        ("[2001:db8::9]:443", "2001:db8::9"), ("[2001:db8::9]", "2001:db8::9"), ("2001:db8::9", "2001:db8::9"),
        ("203.0.113.9:", nil), ("203.0.113.9:http", nil), ("203.0.113.9:70000", nil), ("[2001:db8::9", nil), ("[2001:db8::9]x", nil),
    ]

    @Test("only headers written by a trusted proxy are believed", arguments: chains)
    func onlyTrustedProxiesAreBelieved(header: String, client: String?) {
        #expect(TrustedProxies.loopback.client(forwardedFor: header)?.description == client)
    }

    @Test("neighbours in one IPv6 network count as one subscriber")
    func ipv6NetworkIsOneSubscriber() throws {
        let first = try #require(IPAddress("2001:db8:1:2::1"))
        let second = try #require(IPAddress("2001:db8:1:2:ffff::9"))
        let other = try #require(IPAddress("2001:db8:1:3::1"))
        #expect(first.subscriber == second.subscriber)
        #expect(first.subscriber != other.subscriber)
    }

    @Test("the error names the bad setting")
    func invalidSettingIsNamed() throws {
        let error = #expect(throws: PixelFlowError.self) { try TrustedProxies(setting: "10.0.0.0/8, nonsense") }
        #expect(error?.field == "PIXELFLOW_TRUSTED_PROXIES")
    }
}
