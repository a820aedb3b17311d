import CMongoC
package import PixelFlowCore

/// The MongoDB server for tasks and presets, and its timeouts.
@dynamicMemberLookup
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

    private static let definitions = DatabaseSettings.Definitions(
        url: urlSetting, poolSize: poolSizeSetting, connectTimeout: connectTimeoutSetting, commandTimeout: commandTimeoutSetting,
        waitTimeout: waitTimeoutSetting)
    package static let descriptions = definitions.descriptions
    private static let waitLimit = 1000

    private var database: DatabaseSettings

    package subscript<Value>(dynamicMember member: WritableKeyPath<DatabaseSettings, Value>) -> Value {
        get { database[keyPath: member] }
        set { database[keyPath: member] = newValue }
    }

    /// Limits concurrent and waiting reads of tenants: tenants take turns, leave a quarter of the connections to everything else, and
    /// none occupies more than half of the rest.
    package var readLimits: FairSemaphoreLimits {
        let permits = max(1, database.poolSize - max(1, database.poolSize / 4))
        return FairSemaphoreLimits(
            permits: permits, permitsOfOneKey: max(1, permits / 2), waiting: database.waitLimit,
            waitingOfOneKey: max(1, database.waitLimit / 5))
    }

    package init(url: String) {
        database = DatabaseSettings(url: url, connectTimeout: .seconds(3), waitLimit: Self.waitLimit)
    }

    /// - Throws: as `DatabaseSettings`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        database = try DatabaseSettings(settings, Self.definitions, waitLimit: Self.waitLimit)
    }

    /// The address for libmongoc.
    ///
    /// - Throws: `setting_invalid` if the URL is invalid.
    func address() throws(PixelFlowError) -> MongoAddress {
        let timeouts = [
            (MONGOC_URI_CONNECTTIMEOUTMS, database.connectTimeout),
            (MONGOC_URI_SERVERSELECTIONTIMEOUTMS, database.connectTimeout),
            (MONGOC_URI_SOCKETTIMEOUTMS, database.commandTimeout), (MONGOC_URI_WAITQUEUETIMEOUTMS, database.waitTimeout),
        ]
        guard let address = MongoAddress(database.url, timeouts: timeouts) else {
            throw Self.urlSetting.description.rejection(of: database.url)
        }
        return address
    }
}
