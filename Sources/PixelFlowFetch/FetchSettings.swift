public import PixelFlowURL

/// How sources are fetched.
public struct FetchSettings: Sendable {
    /// Networks that may be fetched from although they are not public: `PIXELFLOW_FETCH_ALLOW_NETWORKS`.
    public var allowedNetworks: [NetworkRange]
    /// Ports that may be fetched from, redirects included: `PIXELFLOW_FETCH_ALLOW_PORTS`.
    public var ports: AllowedPorts
    /// For one TCP connection. 2 s is ten times a round trip to the other side of the world.
    public var connectTimeout: Duration
    /// For everything: names, connections, redirects, and the last byte.
    public var totalTimeout: Duration
    /// How many redirects are followed.
    public var redirects: Int
    public var userAgent: String
    /// A PEM file of the certificate authorities to trust. Nil for those of the operating system.
    public var trustRootsFile: String?

    public init(
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
