public import Hummingbird
public import Logging
public import PixelFlowCore
public import PixelFlowHTTP
public import ServiceLifecycle
import UnixSignals

/// Where a service listens.
public struct ListenSettings: Sendable, Hashable {
    static let hostSetting = Setting<String>.text(
        "PIXELFLOW_HOST", default: "127.0.0.1", help: "The address to listen on; 0.0.0.0 for every network of this machine.")
    /// The ports that the services have unless told otherwise.
    public static let webPort = Setting<Int>.port("PIXELFLOW_WEB_PORT", default: 3000, help: "Port of the web page.")
    public static let authPort = Setting<Int>.port("PIXELFLOW_AUTH_PORT", default: 50051, help: "Port of auth.")
    public static let apiPort = Setting<Int>.port("PIXELFLOW_API_PORT", default: 8080, help: "Port of the api.")
    public static let workerPort = Setting<Int>.port("PIXELFLOW_WORKER_PORT", default: 8081, help: "Port of the worker's health.")

    static func descriptions(_ port: Setting<Int>) -> [SettingDescription] { [hostSetting.description, port.description] }

    public let host: String
    public let port: Int

    /// - Parameter port: one of the settings above.
    public init(_ settings: Settings, port: Setting<Int>) throws(PixelFlowError) {
        host = try settings[Self.hostSetting]
        self.port = try settings[port]
    }

    /// Where this machine reaches it, as in `http://127.0.0.1:8080`.
    public var localURL: String {
        let reached =
            switch host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "[::1]"
            case let host where host.contains(":"): "[\(host)]"
            default: host
            }
        return "http://\(reached):\(port)"
    }

    /// A server of `router`, ready to be run.
    ///
    /// - Parameters:
    ///   - name: of the service, as in `api`.
    ///   - onReady: called once the port answers.
    public func server(
        _ name: String, _ router: Router<AppRequestContext>, onReady: @escaping @Sendable () -> Void = {}
    ) -> some Service {
        Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "pixelflow-\(name)"),
            onServerRunning: { _ in onReady() }, logger: Logger(label: name))
    }

    /// Says on the standard output where the service is to be found.
    public func announce(_ name: String) -> @Sendable () -> Void {
        { [self] in ServiceCommand.say("pixelflow-\(name) is ready: \(localURL)") }
    }
}

extension ServiceGroup {
    /// A group that ends when SIGTERM or SIGINT asks for it, in the reverse order of `services`.
    ///
    /// - Parameter grace: how long running work may go on; after that and 20 seconds more for what has
    ///   to be written down the group ends by force.
    public init(running services: [any Service], grace: Duration = .seconds(10), logger: Logger) {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = grace + .seconds(20)
        self.init(configuration: configuration)
    }
}
