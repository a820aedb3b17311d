public import NIOCore
public import NIOPosix

/// A client of one cluster's API as one user.
///
/// Every call throws `KubernetesError`, or `CancellationError` if its task was cancelled. It does not
/// connect or get credentials before the first call.
///
/// Calls with `in namespace: String?` use the configuration's namespace if it is nil.
public final class ClusterClient: Sendable {
    public let configuration: ClusterConfiguration
    let transport: APITransport

    /// - Throws: `KubernetesError` of kind `configuration` if the server's address, its authorities or
    ///   the proxy make no sense.
    public init(_ configuration: ClusterConfiguration, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) throws {
        self.configuration = configuration
        transport = try APITransport(configuration, group: eventLoopGroup)
    }

    /// Closes the connections. The client must not be used afterwards, and not be dropped without.
    public func shutdown() async {
        await transport.shutdown()
    }

    /// The namespace that calls mean which name none.
    public var namespace: String { configuration.namespace }
}

/// The objects of which namespaces a call is about.
public enum NamespaceScope: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The configuration's.
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
