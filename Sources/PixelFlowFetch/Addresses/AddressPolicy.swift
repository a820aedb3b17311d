package import WireFormats

/// Decides which addresses may be connected to: public ones, and those that the operator names.
package struct AddressPolicy: Sendable {
    private let allowed: [NetworkRange]

    /// - Parameter allowed: blocks that are let through whatever they are otherwise.
    package init(allowed: [NetworkRange] = []) { self.allowed = allowed }

    /// Why `address` must not be connected to, or nil if it may be.
    ///
    /// An IPv6 address with an embedded IPv4 address is also judged by the latter, since packets may end up there.
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
