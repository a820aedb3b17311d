#if canImport(Darwin)
package import Darwin
#elseif canImport(Musl)
package import Musl
#else
package import Glibc
#endif

/// An address of the Internet Protocol as a number, so that every spelling of it is the same.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(UInt128)

    /// Reads the standard spellings alone: four decimal numbers without leading zeros, or RFC 4291.
    ///
    /// Short, octal, hexadecimal and zoned spellings, which readers understand differently, are nil.
    package init?(_ text: String) {
        if let address = Self.dottedQuad(text) {
            self = .v4(address)
        } else if let address = Self.colonSeparated(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// Number of bits: 32 or 128.
    package var width: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    private static func dottedQuad(_ text: String) -> UInt32? {
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        guard pieces.count == 4 else { return nil }
        var address: UInt32 = 0
        for piece in pieces {
            // UInt8 would also take a sign and leading zeros.
            guard let number = UInt8(piece), String(number) == piece else { return nil }
            address = address << 8 | UInt32(number)
        }
        return address
    }

    private static func colonSeparated(_ text: String) -> UInt128? {
        var address = in6_addr()
        // inet_pton stops at a NUL, and knows no zones.
        guard !text.utf8.contains(0), inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return UInt128(bytes: address)
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .v4(let bits):
            return [24, 16, 8, 0].map { String(bits >> $0 & 0xFF) }.joined(separator: ".")
        case .v6(let bits):
            var address = bits.bigEndian
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else { return "?" }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}

extension UInt128 {
    package init(bytes address: in6_addr) {
        self = withUnsafeBytes(of: address) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }
}
