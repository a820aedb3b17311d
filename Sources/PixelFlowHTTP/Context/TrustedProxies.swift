import HTTPTypes
public import Hummingbird
public import PixelFlowCore

/// Decides whose `X-Forwarded-For` is believed. Anybody can send that header, so only the part that
/// our own proxies have written counts.
public struct TrustedProxies: Sendable {
    private let ranges: [AddressRange]

    public init(_ ranges: [AddressRange]) {
        self.ranges = ranges
    }

    /// Reads `PIXELFLOW_TRUSTED_PROXIES`: CIDR ranges, separated by commas.
    ///
    /// - Throws: `setting_invalid` where one is not a range.
    public init(setting: String) throws(PixelFlowError) {
        var ranges: [AddressRange] = []
        for text in setting.split(separator: ",").map({ $0.filter { !$0.isWhitespace } }) where !text.isEmpty {
            guard let range = AddressRange(text) else {
                throw .invalid(
                    "PIXELFLOW_TRUSTED_PROXIES", "PIXELFLOW_TRUSTED_PROXIES holds \"\(text)\", which is no address range as in 10.0.0.0/8.",
                    code: "setting_invalid")
            }
            ranges.append(range)
        }
        self.ranges = ranges
    }

    /// Proxies on this machine only, as the web service is in one process.
    public static let loopback = TrustedProxies([AddressRange("127.0.0.0/8"), AddressRange("::1")].compactMap { $0 })

    /// The address of the client: the peer, or where that is a trusted proxy, the nearest address in
    /// `X-Forwarded-For` that is none. Nil where the connection has no address, as in a test.
    public func client(of request: Request, context: AppRequestContext) -> IPAddress? {
        guard let peer = context.peerAddress?.ipAddress.flatMap({ IPAddress($0) }) else { return nil }
        guard isTrusted(peer) else { return peer }
        return client(forwardedFor: request.headers[.xForwardedFor] ?? "") ?? peer
    }

    func client(forwardedFor header: String) -> IPAddress? {
        var nearest: IPAddress?
        for hop in header.split(separator: ",").reversed() {
            guard let address = IPAddress(hop.filter { !$0.isWhitespace }) else { return nearest }
            nearest = address
            if !isTrusted(address) { return address }
        }
        return nearest
    }

    private func isTrusted(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }
}
