package import Hummingbird
import HummingbirdCore
package import Logging
package import PixelFlowCore
package import PixelFlowHTTP
package import ServiceLifecycle
import UnixSignals

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

    /// A server of `router`, ready to be run.
    ///
    /// - Parameters:
    ///   - name: of the service, as in `api`.
    ///   - connections: of the process; its own unless given.
    ///   - metrics: the first word of the metrics of its connections; the name unless given.
    ///   - onReady: called once the port answers.
    package func server(
        _ name: String, _ router: Router<AppRequestContext>, connections: ConnectionRegistry? = nil, metrics: String? = nil,
        onReady: @escaping @Sendable () -> Void = {}
    ) -> some Service {
        application(name, router, connections: connections ?? self.connections(), metrics: metrics ?? name, onReady: onReady)
    }

    private func application(
        _ name: String, _ router: Router<AppRequestContext>, connections registry: ConnectionRegistry, metrics: String?,
        onReady: @escaping @Sendable () -> Void
    ) -> some Service {
        Application(
            router: router,
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

    /// A separate server for probes and metrics of a service. Its connections are limited separately, so that it answers
    /// however many the service has.
    package func managementServer(
        _ name: String, _ router: Router<AppRequestContext>, onReady: @escaping @Sendable () -> Void = {}
    ) -> some Service {
        var few = limits
        few.total = Self.managementConnections
        few.accepted = 2 * Self.managementConnections
        let registry = ConnectionRegistry(limits: few, trusted: proxies)
        return application(name, router, connections: registry, metrics: nil, onReady: onReady)
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

extension ServiceGroup {
    /// A group that ends when SIGTERM or SIGINT asks for it, in the reverse order of `services`.
    ///
    /// - Parameter grace: how long running work may continue; after that and 20 seconds more for what has
    ///   to be recorded, the group is ended forcibly.
    package init(running services: [any Service], grace: Duration = .seconds(10), logger: Logger) {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = grace + .seconds(20)
        self.init(configuration: configuration)
    }
}
