/// A block of addresses in CIDR notation (RFC 4632, RFC 4291), such as `10.0.0.0/8` or `fd00::/8`.
public struct NetworkRange: Sendable, Hashable {
    /// The lowest address of the block.
    public let base: IPAddress
    /// The number of leading bits that all addresses of the block share.
    public let prefixLength: Int

    private init(base: IPAddress, prefixLength: Int) {
        self.base = base
        self.prefixLength = prefixLength
    }

    /// Parses `address/length`, or an address alone for a block of one.
    ///
    /// Returns nil for anything else, including a base with bits beyond its prefix: `10.1.2.3/8` is more likely a mistake than intended.
    public init?(_ text: some StringProtocol) {
        let pieces = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = pieces.first, let base = IPAddress(first) else { return nil }
        var length = base.width
        if pieces.count == 2 {
            guard let number = Int(pieces[1]), String(number) == pieces[1], (0...base.width).contains(number) else { return nil }
            length = number
        }
        guard base.masked(to: length) == base else { return nil }
        self.init(base: base, prefixLength: length)
    }

    /// Whether the block contains `address`. IPv4 and IPv6 addresses never match each other here: see `unmapped`.
    public func contains(_ address: IPAddress) -> Bool {
        address.width == base.width && address.masked(to: prefixLength) == base
    }

    /// Whether every address of `other` lies in the block.
    public func contains(_ other: NetworkRange) -> Bool { other.prefixLength >= prefixLength && contains(other.base) }

    /// The block of IPv4 addresses inside a block of IPv4-mapped ones; any other block unchanged.
    public var unmapped: NetworkRange {
        guard base.width == 128, prefixLength >= 96, base.unmapped != base else { return self }
        return NetworkRange(base: base.unmapped, prefixLength: prefixLength - 96)
    }
}

extension NetworkRange: CustomStringConvertible {
    public var description: String { "\(base)/\(prefixLength)" }
}
