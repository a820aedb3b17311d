import HTTPTypes
package import Hummingbird
package import PixelFlowCore
package import WireFormats

/// Decides whose `X-Forwarded-For` is trusted. Anyone can send that header, so only the part written by our own proxies counts.
package struct TrustedProxies: Sendable, Hashable {
    /// `PIXELFLOW_TRUSTED_PROXIES`.
    package static let setting = Setting<String>.text(
        "PIXELFLOW_TRUSTED_PROXIES",
        help:
            "CIDRs of the proxies whose X-Forwarded-… headers are trusted and whose connections are not limited by address. "
            + "Only this machine by default."
    )

    private let ranges: [NetworkRange]

    package init(_ ranges: [NetworkRange]) {
        self.ranges = ranges.map(\.unmapped)
    }

    /// The configured proxies, or this machine by default.
    ///
    /// - Throws: `setting_invalid` if one of them is not a range.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self = settings.isSet(Self.setting) ? try TrustedProxies(setting: try settings[Self.setting]) : .loopback
    }

    /// Parses `PIXELFLOW_TRUSTED_PROXIES`: CIDR ranges, separated by commas.
    ///
    /// - Throws: `setting_invalid` if one of them is not a range.
    package init(setting: String) throws(PixelFlowError) {
        var ranges: [NetworkRange] = []
        for text in setting.split(separator: ",").map({ $0.filter { !$0.isWhitespace } }) where !text.isEmpty {
            guard let range = NetworkRange(text) else {
                throw .invalid(
                    "PIXELFLOW_TRUSTED_PROXIES",
                    "PIXELFLOW_TRUSTED_PROXIES holds \"\(text)\", which is not a network in CIDR notation, such as 10.0.0.0/8.",
                    code: "setting_invalid")
            }
            ranges.append(range)
        }
        self.init(ranges)
    }

    /// The same proxies plus one address. Text that is not an address, such as a host name, adds nothing.
    package func adding(_ address: String) -> TrustedProxies {
        TrustedProxies(ranges + [NetworkRange(address)].compactMap { $0 })
    }

    /// Only proxies on this machine, such as web when one process runs all services.
    package static let loopback = TrustedProxies([NetworkRange("127.0.0.1"), NetworkRange("::1")].compactMap { $0 })

    /// The address of the client: the peer or, if that is a trusted proxy, the nearest untrusted address in `X-Forwarded-For`. Nil if the
    /// connection has no address, as in a test.
    package func client(of request: Request, context: AppRequestContext) -> IPAddress? {
        guard let peer = context.peerAddress?.ipAddress.flatMap(IPAddress.peer) else { return nil }
        guard isTrusted(peer) else { return peer }
        return client(forwardedFor: request.headers[.xForwardedFor] ?? "") ?? peer
    }

    func client(forwardedFor header: String) -> IPAddress? {
        var nearest: IPAddress?
        for hop in header.split(separator: ",").reversed() {
            guard let address = IPAddress.peer(Self.withoutPort(hop.filter { !$0.isWhitespace })) else { return nearest }
            nearest = address
            if !isTrusted(address) { return address }
        }
        return nearest
    }

    /// Some proxies add the port of the client: `203.0.113.9:52044`, `[2001:db8::9]:443`.
    private static func withoutPort(_ hop: String) -> String {
        let isBracketed = hop.hasPrefix("[")
        guard let end = isBracketed ? hop.firstIndex(of: "]") : hop.firstIndex(of: ":") else { return hop }
        let address = hop[..<end].dropFirst(isBracketed ? 1 : 0)
        let rest = isBracketed ? hop[end...].dropFirst() : hop[end...]
        let isPort = rest.first == ":" && UInt16(rest.dropFirst()) != nil
        return isPort || (isBracketed && rest.isEmpty) ? String(address) : hop
    }

    /// Whether the connection comes from a trusted proxy, so that its `X-Forwarded-…` headers can be trusted.
    package func trustsPeer(of context: AppRequestContext) -> Bool {
        context.peerAddress?.ipAddress.flatMap(IPAddress.peer).map(isTrusted) ?? false
    }

    /// Whether a trusted proxy reports that the client used https.
    package func saysHTTPS(_ request: Request, _ context: AppRequestContext) -> Bool {
        guard trustsPeer(of: context), let schemes = request.headers[.xForwardedProto] else { return false }
        return schemes.split(separator: ",").first?.lowercased().filter { !$0.isWhitespace } == "https"
    }

    /// Whether this is the address of a trusted proxy.
    package func trusts(_ address: IPAddress) -> Bool { isTrusted(address) }

    private func isTrusted(_ address: IPAddress) -> Bool {
        let address = address.unmapped
        return ranges.contains { $0.contains(address) }
    }
}

extension IPAddress {
    /// The address of a client or a proxy. An IPv4 address inside IPv6 (`::ffff:a.b.c.d`) is the IPv4 address.
    package static func peer(_ text: String) -> IPAddress? { IPAddress(text)?.unmapped }

    /// Identifies the client behind the address: a single IPv4 address, or the /64 that is assigned to an IPv6 client as a whole.
    package var subscriber: String {
        switch unmapped {
        case .v4(let bits): IPAddress.v4(bits).description
        case .v6(let bits): (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * $0)) }.hexadecimal + "/64"
        }
    }
}
