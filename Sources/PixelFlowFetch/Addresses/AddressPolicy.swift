package import WireFormats

/// Decides which addresses PixelFlow may connect to: public ones, and those that the operator allows.
package struct AddressPolicy: Sendable {
    private let allowed: [NetworkRange]

    /// - Parameter allowed: blocks that are allowed even if they are not public.
    package init(allowed: [NetworkRange] = []) { self.allowed = allowed }

    /// Why connections to `address` are refused; nil if they are allowed.
    ///
    /// An IPv6 address with an embedded IPv4 address is also checked as that address, because packets may be routed there.
    package func refusal(of address: IPAddress) -> AddressRefusal? {
        if allowed.contains(where: { $0.contains(address) }) { return nil }
        if let refusal = ReservedRanges.refusal(of: address) { return refusal }
        let embedded = address.embeddedIPv4
        for inner in embedded {
            if let refusal = refusal(of: inner) { return refusal }
        }
        if case .v6 = address, embedded.isEmpty, ReservedRanges.globalIPv6?.contains(address) != true { return .reserved }
        return nil
    }
}
