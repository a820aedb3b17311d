public import NIOCore
public import NIOPosix

/// A client of one cluster's API as one user.
///
/// Every call throws `KubernetesError`, or `CancellationError` if its task was cancelled. The client does not
/// connect or load credentials before the first call.
///
/// In calls with `in namespace: String?`, nil means the namespace of the configuration.
public final class ClusterClient: Sendable {
    public let configuration: ClusterConfiguration
    let transport: APITransport

    /// - Throws: `KubernetesError` of kind `configuration` if the server's address, its certificate authorities or
    ///   the proxy are invalid.
    public init(_ configuration: ClusterConfiguration, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) throws {
        self.configuration = configuration
        transport = try APITransport(configuration, group: eventLoopGroup)
    }

    /// Closes the connections. Must be called before the last reference is released; afterwards, calls are not allowed.
    public func shutdown() async {
        await transport.shutdown()
    }

    /// The default namespace of calls.
    public var namespace: String { configuration.namespace }
}

/// The namespaces that a call covers.
public enum NamespaceScope: Sendable, Hashable, ExpressibleByStringLiteral {
    /// That of the configuration.
    case current
    case named(String)
    case all

    public init(stringLiteral value: String) { self = .named(value) }

    func name(in client: ClusterClient) -> String? {
        switch self {
        case .current: client.namespace
        case .named(let name): name
        case .all: nil
        }
    }
}
