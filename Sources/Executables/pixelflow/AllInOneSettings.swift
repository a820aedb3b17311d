import PixelFlowAPI
import PixelFlowAuth
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import PixelFlowFetch
import PixelFlowRuntime
import PixelFlowWorker

/// The settings of the all-in-one service.
struct AllInOneSettings {
    static let dataFolder = Setting<String>.text(
        "PIXELFLOW_DATA_DIR", default: ".pixelflow", help: "The folder in which everything is kept.")
    static let authDatabase = Setting<String>.text(
        "PIXELFLOW_AUTH_DATABASE_URL", help: "Users and keys: sqlite:PATH. By default auth.sqlite in the data folder.")
    static let taskDatabase = Setting<String>.text(
        "PIXELFLOW_TASK_DATABASE_URL", help: "Tasks and presets: sqlite:PATH. By default tasks.sqlite in the data folder.")
    static let broker = Setting<String>.text("PIXELFLOW_BROKER_URL", default: "embedded:", help: "The broker: embedded:.")
    static let blobs = Setting<String>.text(
        "PIXELFLOW_BLOB_URL", help: "Sources and outputs: file:PATH. By default blobs in the data folder.")

    /// Unset, since a process has one port for its probes and metrics already: the worker's.
    static let webManagement = Setting<Int?>(
        ListenSettings.webManagementPort.description.name, default: "", expected: "a port from 1 to 65535",
        help: "Port of web's probes and metrics; unless set, the worker's port shows web's metrics, too."
    ) { text in
        if text.isEmpty { return .some(nil) }
        return Int(text).flatMap { (1...65535).contains($0) ? .some($0) : nil }
    }

    static let all: [SettingDescription] =
        [
            ListenSettings.webPort.description, Self.webManagement.description, ListenSettings.authPort.description,
            ListenSettings.apiPort.description,
            dataFolder.description, authDatabase.description, taskDatabase.description, broker.description, blobs.description,
        ] + WorkerSettings.descriptions + FetchSettings.descriptions + AuthSettings.descriptions
        + EventLimits.descriptions + DiskReserve.descriptions + UploadLimits.descriptions + OrphanSettings.descriptions
        + InstallationCheck.descriptions

    let data: String
    let web: ListenSettings
    let webManagement: ListenSettings?
    let authListen: ListenSettings
    let api: ListenSettings
    let workerListen: ListenSettings
    let authDatabasePath: String
    let taskDatabasePath: String
    let blobPath: String
    let worker: WorkerSettings
    let fetch: FetchSettings
    let auth: AuthSettings
    let events: EventLimits
    let diskReserve: DiskReserve
    let uploads: UploadLimits
    let orphans: OrphanSettings
    let adoptedBlobStore: String

    init(_ settings: Settings) throws(PixelFlowError) {
        data = try settings[Self.dataFolder]
        web = try ListenSettings(settings, port: ListenSettings.webPort)
        webManagement = try settings[Self.webManagement] == nil ? nil : ListenSettings(settings, port: ListenSettings.webManagementPort)
        authListen = try ListenSettings(settings, port: ListenSettings.authPort)
        api = try ListenSettings(settings, port: ListenSettings.apiPort)
        workerListen = try ListenSettings(settings, port: ListenSettings.workerPort)
        authDatabasePath = try Self.path(settings, Self.authDatabase, scheme: "sqlite", in: data, "auth.sqlite")
        taskDatabasePath = try Self.path(settings, Self.taskDatabase, scheme: "sqlite", in: data, "tasks.sqlite")
        blobPath = try Self.path(settings, Self.blobs, scheme: "file", in: data, "blobs")
        let broker = try settings[Self.broker]
        guard broker == "embedded:" else { throw Self.refusal(Self.broker, broker, "embedded:") }
        worker = try WorkerSettings(settings, id: WorkerID("all-in-one-\(UUIDv7.make())"))
        fetch = try FetchSettings(settings)
        auth = try AuthSettings(settings)
        events = try EventLimits(settings)
        diskReserve = try DiskReserve(settings, path: blobPath)
        uploads = try UploadLimits(settings)
        orphans = try OrphanSettings(settings)
        adoptedBlobStore = try settings[InstallationCheck.adoptionSetting]
    }

    /// The path in a URL such as `sqlite:PATH`.
    private static func path(
        _ settings: Settings, _ setting: Setting<String>, scheme: String, in folder: String, _ file: String
    ) throws(PixelFlowError) -> String {
        guard settings.isSet(setting) else { return "\(folder)/\(file)" }
        let text = try settings[setting]
        guard text.hasPrefix(scheme + ":"), text.count > scheme.count + 1 else { throw refusal(setting, text, "\(scheme):PATH") }
        return String(text.dropFirst(scheme.count + 1))
    }

    /// The value is not repeated: a URL meant for one of the four services has a password in it.
    private static func refusal(_ setting: Setting<String>, _ text: String, _ expected: String) -> PixelFlowError {
        let name = setting.description.name
        let scheme = text.prefix { $0 != ":" }
        return .invalid(
            name, "\(name) begins with \"\(scheme)\"; pixelflow, all in one process, knows only \(expected).", code: "setting_invalid")
    }
}

extension AllInOneSettings {
    /// What people are told once every port answers.
    var addresses: String {
        let host = web.host == "0.0.0.0" ? "localhost" : web.host
        return """
            PixelFlow is ready.
              web     http://\(host):\(web.port)
              auth    http://\(host):\(authListen.port)
              api     http://\(host):\(api.port)
              worker  http://\(host):\(workerListen.port)/readyz
              data    \(data)
            Ctrl-C stops it.
            """
    }
}
