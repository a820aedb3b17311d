import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import Testing
import WireFormats

@Suite struct AddressPolicyTests {
    static let refused: [(String, AddressRefusal)] = [
        ("0.0.0.0", .unspecified), ("0.0.0.1", .unspecified), ("0.255.255.255", .unspecified),
        ("10.0.0.0", .privateNetwork), ("10.255.255.255", .privateNetwork), ("172.16.0.1", .privateNetwork),
        ("172.31.255.255", .privateNetwork), ("192.168.0.1", .privateNetwork), ("192.168.255.255", .privateNetwork),
        ("100.64.0.0", .sharedSpace), ("100.127.255.255", .sharedSpace),
        ("127.0.0.1", .loopback), ("127.0.0.53", .loopback), ("127.255.255.255", .loopback),
        ("169.254.0.1", .linkLocal), ("169.254.255.255", .linkLocal),
        ("169.254.169.254", .cloudMetadata), ("169.254.170.2", .cloudMetadata), ("100.100.100.200", .cloudMetadata),
        ("168.63.129.16", .cloudMetadata), ("192.0.0.192", .cloudMetadata),
        ("192.0.0.1", .reserved), ("192.0.0.171", .reserved), ("192.88.99.1", .reserved),
        ("192.0.2.1", .documentation), ("198.51.100.7", .documentation), ("203.0.113.255", .documentation),
        ("198.18.0.1", .benchmarking), ("198.19.255.255", .benchmarking),
        ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("240.0.0.1", .reserved), ("255.255.255.254", .reserved),
        ("255.255.255.255", .broadcast),
        ("::", .unspecified), ("::1", .loopback), ("::2", .unspecified),
        ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateNetwork),
        ("fc00::1", .privateNetwork), ("fdff:ffff::1", .privateNetwork),
        ("fd00:ec2::254", .cloudMetadata), ("fd20:ce::254", .cloudMetadata),
        ("ff02::1", .multicast), ("ff0e::1", .multicast),
        ("2001:db8::1", .documentation), ("3fff::1", .documentation), ("3fff:fff::1", .documentation),
        ("100::1", .reserved), ("100:0:0:1::1", .reserved), ("5f00::1", .reserved), ("4000::1", .reserved), ("1::1", .reserved),
        ("2001:1::1", .reserved), ("2001:2::1", .benchmarking), ("2001:4:112::1", .reserved), ("2001:8::1", .reserved),
        ("2001:10::1", .reserved), ("2001:20::1", .reserved), ("2001:40::1", .reserved), ("2001:80::1", .reserved),
        ("2001:1ff::1", .reserved),
    ]

    static let refusedInside: [(String, AddressRefusal)] = [
        // IPv4-mapped.
        ("::ffff:127.0.0.1", .loopback), ("::ffff:7f00:1", .loopback), ("::ffff:10.1.2.3", .privateNetwork),
        ("::ffff:169.254.169.254", .cloudMetadata), ("::ffff:a9fe:a9fe", .cloudMetadata), ("0:0:0:0:0:FFFF:7F00:0001", .loopback),
        // IPv4-compatible.
        ("::127.0.0.1", .loopback), ("::192.168.1.1", .privateNetwork), ("::a00:1", .privateNetwork),
        // IPv4-translated, never public.
        ("::ffff:0:127.0.0.1", .reserved), ("::ffff:0:8.8.8.8", .reserved),
        // 6to4.
        ("2002:7f00:1::1", .loopback), ("2002:a00:1::", .privateNetwork), ("2002:c0a8:101::1", .privateNetwork),
        ("2002:a9fe:a9fe::1", .cloudMetadata),
        // NAT64.
        ("64:ff9b::127.0.0.1", .loopback), ("64:ff9b::10.0.0.1", .privateNetwork), ("64:ff9b::a9fe:a9fe", .cloudMetadata),
        ("64:ff9b:0:1::8.8.8.8", .reserved), ("64:ff9b:1::10.0.0.1", .reserved), ("64:ff9b:1:a00:1::", .reserved),
        ("64:ff9b:1:ffff::1", .reserved),
        // Teredo: the client's address is stored inverted, the server's unchanged.
        ("2001::f5ff:fffe", .unspecified), ("2001:0:808:808::80ff:fffe", .loopback), ("2001:0:7f00:1::f7f7:f7f7", .loopback),
        ("2001:0:808:808:0:0:f5ff:fffe", .privateNetwork),
        // ISATAP.
        ("2a00:1450::5efe:10.0.0.1", .privateNetwork), ("2a00:1450::200:5efe:127.0.0.1", .loopback),
    ]

    static let permitted = [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
        "192.88.98.1", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.101.0", "203.0.112.255",
        "203.0.114.0", "223.255.255.255",
        "2606:4700:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2001:db7::1", "2001:db9::1", "2a00:1450:4001:81b::200e",
        "3ffe:ffff::1", "2003::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7", "::8.8.8.8",
    ]

    @Test(arguments: refused + refusedInside)
    func nonPublicAddressesAreRefused(text: String, refusal: AddressRefusal) throws {
        #expect(AddressPolicy().refusal(of: try #require(IPAddress(text))) == refusal)
    }

    @Test(arguments: permitted)
    func publicAddressesAreAllowed(text: String) throws {
        #expect(AddressPolicy().refusal(of: try #require(IPAddress(text))) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.200.0.1", true), ("10.0.0.0/8", "11.0.0.1", true), ("10.0.0.0/8", "192.168.0.1", false),
        ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("10.0.0.0/8", "64:ff9b::10.0.0.1", true), ("10.0.0.0/8", "::ffff:127.0.0.1", false),
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("127.0.0.1", "::1", false), ("::1", "::1", true),
        ("fd00::/8", "fd12::1", true), ("fd00::/8", "fc12::1", false), ("169.254.169.254/32", "169.254.169.254", true),
        ("10.0.0.0/8,fd00::/8", "fd00::1", true), ("0.0.0.0/0", "127.0.0.1", true), ("0.0.0.0/0", "::1", false),
        ("::/0", "fe80::1", true), ("64:ff9b:1::/48", "64:ff9b:1::10.0.0.1", true),
    ])
    func listedNetworksAreAllowed(list: String, text: String, isPermitted: Bool) throws {
        let policy = AddressPolicy(allowed: try NetworkRange.list(list))
        #expect((policy.refusal(of: try #require(IPAddress(text))) == nil) == isPermitted)
    }
}
