import PixelFlowAuth
import PixelFlowBuildAPI
import PixelFlowCore
import PixelFlowEmbeddedBackends
import PixelFlowFetch
import PixelFlowHTTP
import PixelFlowRuntime
import PixelFlowWorker

/// The settings of a process that runs every service.
struct AllInOneSettings {
    static let all: [SettingDescription] =
        Ports.descriptions + EmbeddedSettings.descriptions + WorkerSettings.descriptions + FetchSettings.descriptions
        + AuthSettings.descriptions + APISettings.descriptions

    let ports: Ports
    let backends: EmbeddedSettings
    let worker: WorkerSettings
    let fetch: FetchSettings
    private(set) var auth: AuthSettings
    private(set) var api: APISettings
    private let hasSecret: Bool

    init(_ settings: Settings) throws(PixelFlowError) {
        ports = try Ports(settings)
        backends = try EmbeddedSettings(settings)
        worker = try WorkerSettings(settings, id: WorkerID("all-in-one-\(UUIDv7.make())"))
        fetch = try FetchSettings(settings)
        auth = try AuthSettings(settings)
        api = try APISettings(settings)
        hasSecret = settings.isSet(ServiceSecret.setting)
    }

    /// Uses the secret in the data folder as the service secret, unless another one is set. Creates it at the first start, after the
    /// folder has been locked.
    mutating func findSecret() throws {
        guard !hasSecret else { return }
        let secret = ServiceSecret(try backends.serviceSecret())
        (auth.serviceSecret, api.secret) = (secret, secret)
    }

    /// The addresses to print when all ports are open.
    var addresses: String {
        let host = ports.web.host == "0.0.0.0" ? "localhost" : ports.web.host
        return """
            PixelFlow is ready.
              web     http://\(host):\(ports.web.port)
              auth    http://\(host):\(ports.auth.port)
              api     http://\(host):\(ports.api.port)
              worker  http://\(host):\(ports.worker.port)/readyz
              data    \(backends.data)
            Ctrl-C stops it.
            """
    }
}

extension AllInOneSettings {
    /// The ports of the services.
    struct Ports {
        /// Unset by default: the process already has a port for probes and metrics, that of the worker.
        static let webManagement = Setting<Int?>(
            ListenSettings.webManagementPort.description.name, default: "", expected: "a port from 1 to 65535",
            help: "Port of web's probes and metrics; unless set, the worker's port serves web's metrics, too."
        ) { text in
            if text.isEmpty { return .some(nil) }
            return Int(text).flatMap { (1...65535).contains($0) ? .some($0) : nil }
        }

        static let descriptions: [SettingDescription] = [
            ListenSettings.webPort.description, webManagement.description, ListenSettings.authPort.description,
            ListenSettings.apiPort.description,
        ]

        let web: ListenSettings
        let webManagement: ListenSettings?
        let auth: ListenSettings
        let api: ListenSettings
        let worker: ListenSettings

        init(_ settings: Settings) throws(PixelFlowError) {
            web = try ListenSettings(settings, port: ListenSettings.webPort)
            webManagement = try settings[Self.webManagement] == nil ? nil : ListenSettings(settings, port: ListenSettings.webManagementPort)
            auth = try ListenSettings(settings, port: ListenSettings.authPort)
            api = try ListenSettings(settings, port: ListenSettings.apiPort)
            worker = try ListenSettings(settings, port: ListenSettings.workerPort)
        }
    }
}
