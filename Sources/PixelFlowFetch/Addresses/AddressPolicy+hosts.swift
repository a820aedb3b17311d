import PixelFlowCore
import PixelFlowURL
import WireFormats

extension AddressPolicy {
    /// Resolves `host` and checks all its addresses. One disallowed address rejects the host: a name with both a public and a private
    /// address is misconfigured or an attack.
    ///
    /// - Throws: `address_blocked`, or the error of the resolver.
    func addresses(of host: SourceHost, for tenant: TenantID, by resolver: any NameResolver) async throws -> [IPAddress] {
        let addresses: [IPAddress]
        switch host {
        case .address(let address): addresses = [address]
        case .name(let name): addresses = try await resolver.addresses(of: name, for: tenant)
        }
        for address in addresses {
            if let refusal = refusal(of: address) { throw PixelFlowError.addressBlocked(address, refusal) }
        }
        return addresses
    }
}
