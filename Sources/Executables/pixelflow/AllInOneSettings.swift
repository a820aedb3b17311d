import Foundation
import PixelFlowAuth
import PixelFlowCore
import PixelFlowFetch
import PixelFlowTelemetry

/// The settings of the all-in-one service.
struct AllInOneSettings {
    static let dataFolder = Setting<String>.text(
        "PIXELFLOW_DATA_DIR", default: ".pixelflow", help: "The folder in which everything is kept.")
    static let host = Setting<String>.text(
        "PIXELFLOW_HOST", default: "127.0.0.1", help: "The address to listen on; 0.0.0.0 for every network of this machine.")
    static let webPort = Setting<Int>.port("PIXELFLOW_WEB_PORT", default: 3000, help: "Port of the web page.")
    static let authPort = Setting<Int>.port("PIXELFLOW_AUTH_PORT", default: 50051, help: "Port of auth.")
    static let apiPort = Setting<Int>.port("PIXELFLOW_API_PORT", default: 8080, help: "Port of the api.")
    static let workerPort = Setting<Int>.port("PIXELFLOW_WORKER_PORT", default: 8081, help: "Port of the worker's health.")
    static let authDatabase = Setting<String>.text(
        "PIXELFLOW_AUTH_DATABASE_URL", help: "Users and keys: sqlite:PATH. By default auth.sqlite in the data folder.")
    static let taskDatabase = Setting<String>.text(
        "PIXELFLOW_TASK_DATABASE_URL", help: "Tasks and presets: sqlite:PATH. By default tasks.sqlite in the data folder.")
    static let broker = Setting<String>.text("PIXELFLOW_BROKER_URL", default: "embedded:", help: "The broker: embedded:.")
    static let blobs = Setting<String>.text(
        "PIXELFLOW_BLOB_URL", help: "Sources and outputs: file:PATH. By default blobs in the data folder.")
    static let renderProcesses = Setting<Int>.integer(
        "PIXELFLOW_RENDER_PROCESSES", default: 0, in: 0...256, help: "Render processes; 0 for one for each processor.")
    static let workerSlots = Setting<Int>.integer(
        "PIXELFLOW_WORKER_SLOTS", default: 0, in: 0...1024,
        help: "Tasks in hand at a time; 0 for three for each render process, so that some are fetched or stored while others are rendered.")
    static let grace = Setting<Duration>.seconds(
        "PIXELFLOW_SHUTDOWN_GRACE", default: 20, in: 0...3600,
        help: "How long running tasks may go on after SIGTERM; then they are handed back.")
    static let sourceBytes = Setting<Int>.integer(
        "PIXELFLOW_MAX_SOURCE_BYTES", default: 20 * 1024 * 1024, in: 1024...1 << 31, help: "Bytes of one source, uploaded or fetched.")
    static let pixels = Setting<Int>.integer(
        "PIXELFLOW_MAX_PIXELS", default: 50_000_000, in: 1...1_000_000_000, help: "Pixels of one source, frames summed.")
    static let frames = Setting<Int>.integer("PIXELFLOW_MAX_FRAMES", default: 1000, in: 1...100_000, help: "Frames of one source.")
    static let renderTime = Setting<Duration>.seconds(
        "PIXELFLOW_RENDER_TIMEOUT", default: 60, in: 1...3600, help: "How long one task may be rendered.")
    static let allowedNetworks = Setting<String>.text(
        "PIXELFLOW_FETCH_ALLOW_NETWORKS", help: "Private networks that sources may be fetched from, as a list of CIDRs. None by default.")

    static let all: [SettingDescription] =
        [
            dataFolder.description, host.description, webPort.description, authPort.description, apiPort.description,
            workerPort.description, authDatabase.description, taskDatabase.description, broker.description, blobs.description,
            renderProcesses.description, workerSlots.description, grace.description, sourceBytes.description, pixels.description,
            frames.description, renderTime.description, allowedNetworks.description,
        ] + AuthSettings.descriptions + LogSettings.descriptions

    var data: String
    var host: String
    var ports: (web: Int, auth: Int, api: Int, worker: Int)
    var authDatabasePath: String
    var taskDatabasePath: String
    var blobPath: String
    var renderProcesses: Int
    var workerSlots: Int
    var grace: Duration
    var limits: ImageLimits
    var fetch: FetchSettings
    var auth: AuthSettings
    var log: LogSettings

    init(_ settings: Settings) throws(PixelFlowError) {
        data = try settings[Self.dataFolder]
        host = try settings[Self.host]
        ports = (
            try settings[Self.webPort], try settings[Self.authPort], try settings[Self.apiPort], try settings[Self.workerPort]
        )
        authDatabasePath = try Self.path(settings, Self.authDatabase, scheme: "sqlite", in: data, "auth.sqlite")
        taskDatabasePath = try Self.path(settings, Self.taskDatabase, scheme: "sqlite", in: data, "tasks.sqlite")
        blobPath = try Self.path(settings, Self.blobs, scheme: "file", in: data, "blobs")
        let broker = try settings[Self.broker]
        guard broker == "embedded:" else {
            throw .invalid(
                "PIXELFLOW_BROKER_URL", "PIXELFLOW_BROKER_URL is \"\(broker)\"; this executable knows only embedded:.",
                code: "setting_invalid")
        }
        let processes = try settings[Self.renderProcesses]
        renderProcesses = processes > 0 ? processes : ProcessInfo.processInfo.activeProcessorCount
        let slots = try settings[Self.workerSlots]
        workerSlots = slots > 0 ? slots : renderProcesses * 3
        grace = try settings[Self.grace]
        limits = ImageLimits(
            sourceBytes: try settings[Self.sourceBytes], pixels: try settings[Self.pixels], frames: try settings[Self.frames],
            seconds: Int(try settings[Self.renderTime].seconds))
        fetch = FetchSettings(allowedNetworks: try NetworkRange.list(try settings[Self.allowedNetworks]))
        auth = try AuthSettings(settings)
        log = try LogSettings(settings)
    }

    /// Where this process reaches itself.
    var localHost: String { host == "0.0.0.0" ? "127.0.0.1" : host }

    /// The path in a URL such as `sqlite:PATH`.
    private static func path(
        _ settings: Settings, _ setting: Setting<String>, scheme: String, in folder: String, _ file: String
    ) throws(PixelFlowError) -> String {
        guard settings.isSet(setting) else { return "\(folder)/\(file)" }
        let text = try settings[setting]
        guard text.hasPrefix(scheme + ":"), text.count > scheme.count + 1 else {
            let name = setting.description.name
            throw .invalid(name, "\(name) is \"\(text)\"; this executable knows only \(scheme):PATH.", code: "setting_invalid")
        }
        return String(text.dropFirst(scheme.count + 1))
    }
}
