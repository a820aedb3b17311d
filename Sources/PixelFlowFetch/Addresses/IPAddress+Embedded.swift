import WireFormats

extension IPAddress {
    /// The IPv4 addresses to which packets for this IPv6 address may be routed, or from which they seem to come.
    ///
    /// Covers IPv4-mapped and IPv4-compatible addresses (RFC 4291), 6to4 (RFC 3056), NAT64 with its well-known prefix (RFC 6052), Teredo
    /// (RFC 4380: server and client) and ISATAP (RFC 5214). Empty for other addresses. The local NAT64 prefix (RFC 8215) is not decoded,
    /// because the position of the IPv4 address depends on the network.
    var embeddedIPv4: [IPAddress] {
        guard case .v6(let bits) = self else { return [] }
        let low = UInt32(truncatingIfNeeded: bits)
        switch UInt32(truncatingIfNeeded: bits >> 96) {
        case 0 where bits >> 32 == 0xFFFF || bits >> 32 == 0: return [.v4(low)]
        case 0x0064_FF9B where bits >> 32 == 0x0064_FF9B << 64: return [.v4(low)]
        case 0x2001_0000: return [.v4(UInt32(truncatingIfNeeded: bits >> 64)), .v4(~low)]
        case let top where top >> 16 == 0x2002: return [.v4(UInt32(truncatingIfNeeded: bits >> 80))] + isatap
        default: return isatap
        }
    }

    /// The interface identifiers `0000:5efe:a.b.c.d` and `0200:5efe:a.b.c.d`.
    private var isatap: [IPAddress] {
        guard case .v6(let bits) = self else { return [] }
        let marker = UInt32(truncatingIfNeeded: bits >> 32)
        return marker == 0x0000_5EFE || marker == 0x0200_5EFE ? [.v4(UInt32(truncatingIfNeeded: bits))] : []
    }
}
