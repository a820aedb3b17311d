import Foundation

/// An IPv4 or IPv6 address. An IPv4 address inside IPv6 (`::ffff:a.b.c.d`) is the IPv4 address.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four bytes or sixteen, in network order.
    package let bytes: [UInt8]

    /// Reads the usual text form; nil if it is none. A zone (`%eth0`) is left out.
    package init?(_ text: String) {
        let plain = String(text.prefix { $0 != "%" })
        var all = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, plain, &all) == 1 {
            bytes = Array(all[..<4])
            return
        }
        guard inet_pton(AF_INET6, plain, &all) == 1 else { return nil }
        let isMapped = all[0..<10].allSatisfy { $0 == 0 } && all[10] == 0xff && all[11] == 0xff
        bytes = isMapped ? Array(all[12...]) : all
    }

    package var isIPv4: Bool { bytes.count == 4 }

    package var description: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    /// Identifies the client behind the address: a single IPv4 address, or the /64 that an IPv6 client is
    /// given as a whole and may pick any address of.
    package var subscriber: String {
        isIPv4 ? description : bytes[0..<8].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "/64"
    }
}

/// A range of addresses in CIDR notation, as in `10.0.0.0/8` or `fd00::/8`.
package struct AddressRange: Sendable, Hashable {
    private let base: IPAddress
    private let prefix: Int

    /// Reads CIDR notation or a single address; nil if it is neither.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        let width = base.bytes.count * 8
        guard parts.count == 2 else {
            self.base = base
            self.prefix = width
            return
        }
        guard let prefix = Int(parts[1]), (0...width).contains(prefix) else { return nil }
        self.base = base
        self.prefix = prefix
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefix / 8
        guard address.bytes[..<whole].elementsEqual(base.bytes[..<whole]) else { return false }
        let rest = prefix % 8
        guard rest > 0 else { return true }
        let mask = UInt8.max << UInt8(8 - rest)
        return address.bytes[whole] & mask == base.bytes[whole] & mask
    }
}
