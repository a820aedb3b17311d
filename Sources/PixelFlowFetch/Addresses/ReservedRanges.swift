import WireFormats

/// Why an address is not public.
package enum AddressRefusal: String, Sendable, CaseIterable {
    case loopback, unspecified, multicast, broadcast, documentation, benchmarking, reserved
    case privateNetwork = "private network"
    case linkLocal = "link-local"
    case sharedSpace = "shared address space"
    case cloudMetadata = "cloud metadata service"
}

/// The non-public blocks: IANA's special-purpose registries for IPv4 and IPv6, and the metadata services of the large clouds. The first
/// block that contains an address decides.
enum ReservedRanges {
    /// IPv6 unicast addresses outside this block are not allocated yet.
    static let globalIPv6 = NetworkRange("2000::/3")

    static func refusal(of address: IPAddress) -> AddressRefusal? {
        switch address {
        case .v4: ipv4.first { $0.range.contains(address) }?.refusal
        case .v6: ipv6.first { $0.range.contains(address) }?.refusal
        }
    }

    private static let ipv4 = table([
        ("169.254.169.254", .cloudMetadata),
        ("169.254.170.2", .cloudMetadata),
        ("100.100.100.200", .cloudMetadata),
        ("168.63.129.16", .cloudMetadata),
        ("192.0.0.192", .cloudMetadata),
        ("0.0.0.0/8", .unspecified),
        ("10.0.0.0/8", .privateNetwork),
        ("100.64.0.0/10", .sharedSpace),
        ("127.0.0.0/8", .loopback),
        ("169.254.0.0/16", .linkLocal),
        ("172.16.0.0/12", .privateNetwork),
        ("192.0.0.0/24", .reserved),
        ("192.0.2.0/24", .documentation),
        ("192.88.99.0/24", .reserved),
        ("192.168.0.0/16", .privateNetwork),
        ("198.18.0.0/15", .benchmarking),
        ("198.51.100.0/24", .documentation),
        ("203.0.113.0/24", .documentation),
        ("224.0.0.0/4", .multicast),
        ("255.255.255.255", .broadcast),
        ("240.0.0.0/4", .reserved),
    ])

    /// Teredo, `2001::/32`, is omitted on purpose: its embedded addresses are checked instead.
    private static let ipv6 = table([
        ("fd00:ec2::254", .cloudMetadata),
        ("fd20:ce::254", .cloudMetadata),
        ("::", .unspecified),
        ("::1", .loopback),
        ("64:ff9b:1::/48", .reserved),
        ("100::/64", .reserved),
        ("2001:1::/32", .reserved),
        ("2001:2::/31", .benchmarking),
        ("2001:4::/30", .reserved),
        ("2001:8::/29", .reserved),
        ("2001:10::/28", .reserved),
        ("2001:20::/27", .reserved),
        ("2001:40::/26", .reserved),
        ("2001:80::/25", .reserved),
        ("2001:100::/24", .reserved),
        ("2001:db8::/32", .documentation),
        ("3fff::/20", .documentation),
        ("5f00::/16", .reserved),
        ("fc00::/7", .privateNetwork),
        ("fe80::/10", .linkLocal),
        ("fec0::/10", .privateNetwork),
        ("ff00::/8", .multicast),
    ])

    /// An entry that cannot be parsed would be dropped silently, so the tests check an address of each block.
    private static func table(_ rows: [(String, AddressRefusal)]) -> [(range: NetworkRange, refusal: AddressRefusal)] {
        rows.compactMap { row in NetworkRange(row.0).map { ($0, row.1) } }
    }
}
