import CMongoC
package import PixelFlowCore

/// The MongoDB server for tasks and presets, and its timeouts.
package struct MongoSettings: Sendable {
    static let urlSetting = Setting<String>(
        "PIXELFLOW_TASK_DATABASE_URL", default: "mongodb://localhost/pixelflow",
        expected: "a MongoDB URL, mongodb://USER:PASSWORD@HOST:PORT/DATABASE?replicaSet=rs0&tls=true for example",
        help: "Tasks and presets: mongodb://… or mongodb+srv://…, with any libmongoc option. The timeouts below "
            + "apply unless the URL sets its own; writes always wait for the journals of a majority.",
        isSecret: true
    ) { text in
        MongoAddress(text) == nil ? nil : text
    }
    /// A command takes about a millisecond, so a few connections can run thousands per second.
    static let poolSizeSetting = Setting<Int>.integer(
        "PIXELFLOW_TASK_DATABASE_POOL_SIZE", default: 8, in: 1...256, help: "Maximum number of connections to MongoDB per process.")
    static let connectTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_TASK_DATABASE_CONNECT_TIMEOUT", default: 3, in: 1...120,
        help: "Time limit for connecting to MongoDB and for finding a primary.")
    static let commandTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_TASK_DATABASE_COMMAND_TIMEOUT", default: 5, in: 1...300,
        help: "Time limit for one command in MongoDB, including its confirmation by a majority.")
    static let waitTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_TASK_DATABASE_WAIT_TIMEOUT", default: 5, in: 1...120, help: "Time limit for waiting for a free connection to MongoDB.")

    package static let descriptions: [SettingDescription] = [
        urlSetting.description, poolSizeSetting.description, connectTimeoutSetting.description,
        commandTimeoutSetting.description, waitTimeoutSetting.description,
    ]

    /// May contain a password: never log it.
    package var url: String
    package var poolSize = 8
    package var connectTimeout: Duration = .seconds(3)
    package var commandTimeout: Duration = .seconds(5)
    package var waitTimeout: Duration = .seconds(5)
    /// The maximum number of commands that wait for a connection; further ones are rejected immediately. At a
    /// millisecond each on 8 connections, all of them complete long before `waitTimeout`.
    package var waitLimit = 1000

    /// Limits concurrent and waiting reads of tenants: tenants take turns, leave a quarter of the connections to everything else, and
    /// none occupies more than half of the rest.
    package var readLimits: FairSemaphoreLimits {
        let permits = max(1, poolSize - max(1, poolSize / 4))
        return FairSemaphoreLimits(
            permits: permits, permitsOfOneKey: max(1, permits / 2), waiting: waitLimit, waitingOfOneKey: max(1, waitLimit / 5))
    }

    package init(url: String) { self.url = url }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`; never includes the URL.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(url: try settings[Self.urlSetting])
        poolSize = try settings[Self.poolSizeSetting]
        connectTimeout = try settings[Self.connectTimeoutSetting]
        commandTimeout = try settings[Self.commandTimeoutSetting]
        waitTimeout = try settings[Self.waitTimeoutSetting]
    }

    /// The address for libmongoc.
    ///
    /// - Throws: `setting_invalid` if the URL is invalid.
    func address() throws(PixelFlowError) -> MongoAddress {
        let timeouts = [
            (MONGOC_URI_CONNECTTIMEOUTMS, connectTimeout), (MONGOC_URI_SERVERSELECTIONTIMEOUTMS, connectTimeout),
            (MONGOC_URI_SOCKETTIMEOUTMS, commandTimeout), (MONGOC_URI_WAITQUEUETIMEOUTMS, waitTimeout),
        ]
        guard let address = MongoAddress(url, timeouts: timeouts) else {
            let setting = Self.urlSetting.description
            throw .invalid(setting.name, "\(setting.name) must be \(setting.expected).", code: "setting_invalid")
        }
        return address
    }
}
