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
    /// What clients may take of the process.
    package let limits: ConnectionLimits
    /// Whose headers about the client are believed.
    package let proxies: TrustedProxies

    /// - Parameter port: one of the settings above.
    package init(_ settings: Settings, port: Setting<Int>) throws(PixelFlowError) {
        host = try settings[Self.hostSetting]
        self.port = try settings[port]
        limits = try ConnectionLimits(settings)
        proxies = try TrustedProxies(settings)
    }

    /// The URL on this machine, such as `http://127.0.0.1:8080`.
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

    /// The connections of this process; servers that share the process share it. Made once the process has its descriptors.
    package func connections() -> ConnectionRegistry {
        // The services of one process reach each other at the address that they listen on.
        ConnectionRegistry(limits: limits.fitting(descriptors: FileDescriptors.limit), trusted: proxies.adding(host))
    }

    /// The port of a service.
    ///
    /// - Parameters:
    ///   - name: of the service, as in `api`.
    ///   - metrics: the first word of the metrics of its connections; the name unless given.
    package func listener(_ name: String, _ router: Router<AppRequestContext>, metrics: String? = nil) -> Listener {
        let responder = router.buildResponder()
        return Listener { connections, onReady in
            server(name, responder, connections: connections, metrics: metrics ?? name, onReady: onReady)
        }
    }

    /// A port for probes and metrics beside the one of a service. Its connections are counted apart, so that it answers
    /// however many the service has.
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

    /// A prober and a scraper have one or two each.
    private static let managementConnections = 32

    /// Connections that the kernel keeps until they are accepted.
    private static let backlog = 4096

    /// Prints the address of the service to stdout.
    package func announce(_ name: String) -> @Sendable () -> Void {
        { [self] in ServiceCommand.say("pixelflow-\(name) is ready: \(localURL)") }
    }
}

/// A port of a service, with what answers there.
package struct Listener: Sendable {
    private let make: @Sendable (ConnectionRegistry, @escaping @Sendable () -> Void) -> any Service

    init(_ make: @escaping @Sendable (ConnectionRegistry, @escaping @Sendable () -> Void) -> any Service) { self.make = make }

    /// A server, ready to be run.
    ///
    /// - Parameters:
    ///   - connections: of the process.
    ///   - onReady: called once the port answers.
    func server(connections: ConnectionRegistry, onReady: @escaping @Sendable () -> Void) -> any Service { make(connections, onReady) }
}
