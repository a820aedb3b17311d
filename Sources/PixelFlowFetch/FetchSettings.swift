package import PixelFlowCore
package import PixelFlowURL
package import WireFormats

/// How sources are fetched.
package struct FetchSettings: Sendable {
    /// Non-public networks from which sources may be fetched: `PIXELFLOW_FETCH_ALLOW_NETWORKS`.
    package var allowedNetworks: [NetworkRange]
    /// Ports from which sources may be fetched, also after redirects: `PIXELFLOW_FETCH_ALLOW_PORTS`.
    package var ports: AllowedPorts
    /// Per TCP connection. 2 s is ten times a round trip to the other side of the world.
    package var connectTimeout: Duration
    /// For the whole fetch: lookups, connections, redirects and the body.
    package var totalTimeout: Duration
    /// Maximum number of redirects.
    package var redirects: Int
    package var userAgent: String
    /// A PEM file with the trusted certificate authorities; nil for those of the operating system.
    package var trustRootsFile: String?

    package init(
        allowedNetworks: [NetworkRange] = [],
        ports: AllowedPorts = .standard,
        connectTimeout: Duration = .seconds(2),
        totalTimeout: Duration = .seconds(10),
        redirects: Int = 5,
        userAgent: String = "PixelFlow/1.0",
        trustRootsFile: String? = nil
    ) {
        self.allowedNetworks = allowedNetworks
        self.ports = ports
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.redirects = redirects
        self.userAgent = userAgent
        self.trustRootsFile = trustRootsFile
    }
}

extension FetchSettings {
    static let allowedNetworksSetting = Setting<String>.text(
        "PIXELFLOW_FETCH_ALLOW_NETWORKS", help: "CIDRs of the private networks from which sources may be fetched. None by default.")

    package static let descriptions: [SettingDescription] = [allowedNetworksSetting.description] + AllowedPorts.descriptions

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(
            allowedNetworks: try NetworkRange.list(try settings[Self.allowedNetworksSetting]), ports: try AllowedPorts(settings))
    }
}
