package import WireFormats

extension IPAddress {
    /// The address of a client or a proxy. An IPv4 address inside IPv6 (`::ffff:a.b.c.d`) is the IPv4 address.
    package static func peer(_ text: String) -> IPAddress? { IPAddress(text)?.unmapped }

    /// Identifies the client behind the address: a single IPv4 address, or the /64 that an IPv6 client is
    /// given as a whole and may pick any address of.
    package var subscriber: String {
        switch unmapped {
        case .v4(let bits): IPAddress.v4(bits).description
        case .v6(let bits): (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * $0)) }.hexadecimal + "/64"
        }
    }
}
