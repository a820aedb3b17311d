package import Hummingbird
import HummingbirdCore
import Logging
package import PixelFlowCore
package import PixelFlowHTTP
import ServiceLifecycle

/// The address and port on which a service listens.
package struct ListenSettings: Sendable, Hashable {
    static let hostSetting = Setting<String>.text(
        "PIXELFLOW_HOST", default: "127.0.0.1", help: "The address to listen on; 0.0.0.0 for every network of this machine.")
    /// The default ports of the services.
    package static let webPort = Setting<Int>.port("PIXELFLOW_WEB_PORT", default: 3000, help: "Port of the web page.")
    package static let webManagementPort = Setting<Int>.port(
        "PIXELFLOW_WEB_MANAGEMENT_PORT", default: 3001, help: "Port of web's probes and metrics; do not expose it to the public.")
    package static let authPort = Setting<Int>.port("PIXELFLOW_AUTH_PORT", default: 50051, help: "Port of auth.")
    package static let apiPort = Setting<Int>.port("PIXELFLOW_API_PORT", default: 8080, help: "Port of the api.")
    package static let workerPort = Setting<Int>.port(
        "PIXELFLOW_WORKER_PORT", default: 8081,
        help:
            "Port of the worker's health checks and metrics.")

    static func descriptions(_ port: Setting<Int>) -> [SettingDescription] {
        [hostSetting.description, port.description] + ConnectionLimits.descriptions + [TrustedProxies.setting.description]
    }

    package let host: String
    package let port: Int
    /// Connection limits for clients.
    package let limits: ConnectionLimits
    /// The proxies whose headers about the client are trusted.
    package let proxies: TrustedProxies

    /// - Parameter port: one of the port settings above.
    package init(_ settings: Settings, port: Setting<Int>) throws(PixelFlowError) {
        host = try settings[Self.hostSetting]
        self.port = try settings[port]
        limits = try ConnectionLimits(settings)
        proxies = try TrustedProxies(settings)
    }

    /// The URL on the local machine, such as `http://127.0.0.1:8080`.
    package var localURL: String {
        let reached =
            switch host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host where host.contains(":"): "[\(host)]"
            default: host
            }
        return "http://\(reached):\(port)"
    }

    /// The connections of this process, which all of its servers share. Must be called after the descriptor limit was raised.
    package func connections() -> ConnectionRegistry {
        // Services in one process reach each other at the address on which they listen.
        ConnectionRegistry(limits: limits.fitting(descriptors: FileDescriptors.limit), trusted: proxies.adding(host))
    }

    /// The port of a service.
    ///
    /// - Parameters:
    ///   - name: of the service, for example `api`.
    ///   - metrics: the prefix of its connection metrics; defaults to `name`.
    package func listener(_ name: String, _ router: Router<AppRequestContext>, metrics: String? = nil) -> Listener {
        let responder = router.buildResponder()
        return Listener { connections, onReady in
            server(name, responder, connections: connections, metrics: metrics ?? name, onReady: onReady)
        }
    }

    /// A port for probes and metrics in addition to that of a service. Its connections are counted separately, so that it
    /// responds even if the service has reached its limit.
    package func managementListener(_ name: String, _ router: Router<AppRequestContext>) -> Listener {
        let responder = router.buildResponder()
        return Listener { _, onReady in
            var few = limits
            few.total = Self.managementConnections
            few.accepted = 2 * Self.managementConnections
            let connections = ConnectionRegistry(limits: few, trusted: proxies)
            return server(name, responder, connections: connections, metrics: nil, onReady: onReady)
        }
    }

    private func server(
        _ name: String, _ responder: some HTTPResponder<AppRequestContext>, connections registry: ConnectionRegistry, metrics: String?,
        onReady: @escaping @Sendable () -> Void
    ) -> some Service {
        Application(
            responder: responder,
            server: HTTPServerBuilder { GuardedHTTPChannel($0, registry: registry, service: metrics) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: "pixelflow-\(name)", backlog: Self.backlog),
            onServerRunning: { channel in
                do {
                    try await AcceptGate.install(on: channel, registry: registry)
                    onReady()
                } catch {
                    Logger(label: name).error("could not watch the server's connections", metadata: ["error": "\(error)"])
                    channel.close(promise: nil)
                }
            }, logger: Logger(label: name))
    }

    /// Each prober and scraper has one or two.
    private static let managementConnections = 32

    /// Connections that the kernel keeps until they are accepted.
    private static let backlog = 4096

    /// Prints the address of the service to stdout.
    package func logReady(_ name: String) -> @Sendable () -> Void {
        { [self] in ServiceCommand.say("pixelflow-\(name) is ready: \(localURL)") }
    }
}

/// A port of a service with its router.
package struct Listener: Sendable {
    private let make: @Sendable (ConnectionRegistry, @escaping @Sendable () -> Void) -> any Service

    init(_ make: @escaping @Sendable (ConnectionRegistry, @escaping @Sendable () -> Void) -> any Service) { self.make = make }

    /// Creates a server.
    ///
    /// - Parameters:
    ///   - connections: of the process.
    ///   - onReady: called once the port is open.
    func server(connections: ConnectionRegistry, onReady: @escaping @Sendable () -> Void) -> any Service { make(connections, onReady) }
}
