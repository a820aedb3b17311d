package import PixelFlowCore
package import PixelFlowURL

/// A block of addresses in CIDR notation, such as `10.0.0.0/8` or `fd00::/8`.
package struct NetworkRange: Sendable, Hashable {
    /// The lowest address of the block.
    package let base: IPAddress
    /// Leading bits that all addresses of the block share.
    package let prefixLength: Int

    /// Reads `address/length`, or an address alone for a block of one.
    ///
    /// Nil for anything else, a base with bits beyond its prefix included: `10.1.2.3/8` is more
    /// likely a mistake than intended.
    package init?(_ text: String) {
        let pieces = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = pieces.first, let base = IPAddress(String(first)) else { return nil }
        var length = base.width
        if pieces.count == 2 {
            guard let number = Int(pieces[1]), String(number) == pieces[1], (0...base.width).contains(number) else { return nil }
            length = number
        }
        self.base = base
        self.prefixLength = length
        guard base.masked(to: length) == base else { return nil }
    }

    /// Whether `address` lies in the block. IPv4 and IPv6 are different worlds here.
    package func contains(_ address: IPAddress) -> Bool {
        address.width == base.width && address.masked(to: prefixLength) == base
    }

    /// Reads the value of a setting: blocks with commas or blanks between them, an empty text for none.
    ///
    /// - Throws: `PixelFlowError` `setting_invalid` that names `setting` and the first bad entry.
    package static func list(_ text: String, setting: String = "PIXELFLOW_FETCH_ALLOW_NETWORKS") throws(PixelFlowError) -> [NetworkRange] {
        var ranges: [NetworkRange] = []
        for entry in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let range = NetworkRange(String(entry)) else {
                throw .invalid(
                    setting,
                    "\(setting): \"\(entry)\" is not a network in CIDR notation, such as 10.0.0.0/8 or "
                        + "fd00::/8.", code: "setting_invalid")
            }
            ranges.append(range)
        }
        return ranges
    }
}

extension NetworkRange: CustomStringConvertible {
    package var description: String { "\(base)/\(prefixLength)" }
}

extension IPAddress {
    fileprivate func masked(to length: Int) -> IPAddress {
        switch self {
        // A shift by the whole width gives zero here, which is what a prefix of no bits means.
        case .v4(let bits): .v4(bits & (UInt32.max << (32 - length)))
        case .v6(let bits): .v6(bits & (UInt128.max << (128 - length)))
        }
    }
}
