import PixelFlowCore
import Testing

@testable import PixelFlowHTTP

@Suite("Client addresses")
struct ClientAddressTests {
    private static let ranges: [(String, String, Bool)] = [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("192.168.4.0/22", "192.168.7.255", true),
        ("192.168.4.0/22", "192.168.8.0", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("fd00::/8", "fdab::1", true), ("fd00::/8", "fe80::1", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
    ]

    @Test("a range holds its addresses", arguments: ranges)
    func contains(range: String, address: String, isInside: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(IPAddress(address))) == isInside)
    }

    @Test("what is no range is refused", arguments: ["", "10.0.0.0/33", "10.0.0/8", "::/129", "host", "10.0.0.0/-1", "10.0.0.0/"])
    func refuses(text: String) {
        #expect(AddressRange(text) == nil)
    }

    private static let chains: [(String, String?)] = [
        ("203.0.113.9", "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1"), ("", nil), ("nonsense", nil), ("203.0.113.9, nonsense", nil),
    ]

    @Test("only what a trusted proxy wrote is believed", arguments: chains)
    func forwarded(header: String, client: String?) {
        #expect(TrustedProxies.loopback.client(forwardedFor: header)?.description == client)
    }

    @Test("neighbours in one IPv6 network are one subscriber")
    func subscriber() throws {
        let first = try #require(IPAddress("2001:db8:1:2::1"))
        let second = try #require(IPAddress("2001:db8:1:2:ffff::9"))
        let other = try #require(IPAddress("2001:db8:1:3::1"))
        #expect(first.subscriber == second.subscriber)
        #expect(first.subscriber != other.subscriber)
    }

    @Test("a bad setting is named")
    func setting() throws {
        let error = #expect(throws: PixelFlowError.self) { try TrustedProxies(setting: "10.0.0.0/8, nonsense") }
        #expect(error?.field == "PIXELFLOW_TRUSTED_PROXIES")
    }
}
