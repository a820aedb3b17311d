import PixelFlowCore
import PixelFlowURL
import WireFormats

extension AddressPolicy {
    /// All addresses of `host`, each one allowed. One that is not spoils the whole: a server that gives
    /// its name a public and a private address is either wrong or up to something.
    ///
    /// - Throws: `address_blocked`, or what the resolver throws.
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
