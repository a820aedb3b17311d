package import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded

/// The paths of the embedded backends: `sqlite:PATH`, `embedded:` and `file:PATH`, by default in one folder.
package struct EmbeddedSettings: Sendable {
    static let dataFolder = Setting<String>.text(
        "PIXELFLOW_DATA_DIR", default: ".pixelflow", help: "The folder for all data.")
    static let authDatabase = Setting<String>.text(
        "PIXELFLOW_AUTH_DATABASE_URL", help: "Users and keys: sqlite:PATH. By default auth.sqlite in the data folder.")
    static let taskDatabase = Setting<String>.text(
        "PIXELFLOW_TASK_DATABASE_URL", help: "Tasks and presets: sqlite:PATH. By default tasks.sqlite in the data folder.")
    static let broker = Setting<String>.text("PIXELFLOW_BROKER_URL", default: "embedded:", help: "The broker: embedded:.")
    static let blobs = Setting<String>.text(
        "PIXELFLOW_BLOB_URL", help: "Sources and outputs: file:PATH. By default blobs in the data folder.")

    static let cache = Setting<String>.text(
        "PIXELFLOW_CACHE_URL", default: "memory:", help: "Where rate limits are counted: memory:.")

    package static let descriptions: [SettingDescription] =
        [
            dataFolder.description, authDatabase.description, taskDatabase.description, broker.description, blobs.description,
            cache.description,
        ]
        + DiskReserve.descriptions + InstallationCheck.descriptions

    /// The folder for all data; the process locks it.
    package let data: String
    let authDatabasePath: String
    let taskDatabasePath: String
    let blobPath: String
    let diskReserve: DiskReserve
    let adoptedBlobStore: String

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        data = try settings[Self.dataFolder]
        authDatabasePath = try Self.path(settings, Self.authDatabase, scheme: "sqlite", in: data, "auth.sqlite")
        taskDatabasePath = try Self.path(settings, Self.taskDatabase, scheme: "sqlite", in: data, "tasks.sqlite")
        blobPath = try Self.path(settings, Self.blobs, scheme: "file", in: data, "blobs")
        let broker = try settings[Self.broker]
        guard broker == "embedded:" else { throw Self.unknownScheme(Self.broker, broker, "embedded:") }
        let cache = try settings[Self.cache]
        guard cache == "memory:" else { throw Self.unknownScheme(Self.cache, cache, "memory:") }
        diskReserve = try DiskReserve(settings, path: blobPath)
        adoptedBlobStore = try settings[InstallationCheck.adoptionSetting]
    }

    /// The operators' secret in the file `service-secret` of the data folder, created on the first call. Must be called after
    /// the folder has been locked.
    ///
    /// - Throws: `data_folder_unusable` if it can be neither read nor written.
    package func serviceSecret() throws -> String { try DataFolder.secret(named: "service-secret", in: data) }

    /// The path in a URL such as `sqlite:PATH`.
    private static func path(
        _ settings: Settings, _ setting: Setting<String>, scheme: String, in folder: String, _ file: String
    ) throws(PixelFlowError) -> String {
        guard settings.isSet(setting) else { return "\(folder)/\(file)" }
        let text = try settings[setting]
        guard text.hasPrefix(scheme + ":"), text.count > scheme.count + 1 else { throw unknownScheme(setting, text, "\(scheme):PATH") }
        return String(text.dropFirst(scheme.count + 1))
    }

    /// Does not repeat the value: a URL that was meant for another service may contain a password.
    private static func unknownScheme(_ setting: Setting<String>, _ text: String, _ expected: String) -> PixelFlowError {
        let name = setting.description.name
        let scheme = text.prefix { $0 != ":" }
        return .invalid(
            name, "\(name) begins with \"\(scheme)\"; pixelflow, all in one process, knows only \(expected).", code: "setting_invalid")
    }
}
