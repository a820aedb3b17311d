/// An IP address as a number, so that all spellings of it are equal.
public enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(UInt128)

    /// Parses only the standard spellings: four decimal numbers without leading zeros, or RFC 4291, section 2.2.
    ///
    /// Returns nil for short, octal and hexadecimal spellings and those with zones, which parsers interpret differently.
    public init?(_ text: some StringProtocol) {
        let bytes = Substring(text).utf8
        if let address = IPAddressReader.dottedQuad(bytes) {
            self = .v4(address)
        } else if let address = IPAddressReader.colonSeparated(bytes) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The number of bits: 32 or 128.
    public var width: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// The IPv4 address inside an IPv4-mapped one, `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2), which dual-stack sockets use for IPv4
    /// peers; any other address unchanged.
    public var unmapped: IPAddress {
        if case .v6(let bits) = self, bits >> 32 == 0xffff { return .v4(UInt32(truncatingIfNeeded: bits)) }
        return self
    }

    /// The address with all bits after the first `length` cleared.
    ///
    /// - Parameter length: 0 to `width`.
    public func masked(to length: Int) -> IPAddress {
        switch self {
        // Swift shifts by the full width result in zero, which is correct for an empty prefix.
        case .v4(let bits): .v4(bits & (UInt32.max << (32 - length)))
        case .v6(let bits): .v6(bits & (UInt128.max << (128 - length)))
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// The canonical text: dotted decimal, or RFC 5952. IPv4-mapped and IPv4-compatible addresses end in dotted decimal.
    public var description: String {
        switch self {
        case .v4(let bits): [24, 16, 8, 0].map { String(bits >> $0 & 0xff) }.joined(separator: ".")
        case .v6(let bits): Self.text(of: bits)
        }
    }

    private static func text(of bits: UInt128) -> String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
        func joined(_ groups: ArraySlice<UInt16>) -> String { groups.map { String($0, radix: 16) }.joined(separator: ":") }
        guard let zeros = longestZeros(of: groups) else { return joined(groups[...]) }
        if zeros == 0..<6 || zeros == 0..<5 && groups[5] == 0xffff {
            return (zeros.count == 6 ? "::" : "::ffff:") + IPAddress.v4(UInt32(truncatingIfNeeded: bits)).description
        }
        return "\(joined(groups[..<zeros.lowerBound]))::\(joined(groups[zeros.upperBound...]))"
    }

    /// The longest run of at least two zeros; the first one if there are several.
    private static func longestZeros(of groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 }
            if index + 1 - start > longest.count { longest = start..<(index + 1) }
        }
        return longest.count > 1 ? longest : nil
    }
}
