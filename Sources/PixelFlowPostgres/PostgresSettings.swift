package import PixelFlowCore

/// The PostgreSQL server for users and signing keys, and its timeouts.
@dynamicMemberLookup
package struct PostgresSettings: Sendable {
    static let urlSetting = Setting<String>(
        "PIXELFLOW_AUTH_DATABASE_URL", default: "postgres://localhost/pixelflow",
        expected: "a PostgreSQL URL, postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full for example",
        help: "Users and keys: postgres://…, with any libpq parameter. In production set sslmode=verify-full; "
            + "libpq's own default, prefer, falls back to a connection without TLS if the server does not offer it.",
        isSecret: true
    ) { text in
        ConnectionParameters(url: text) == nil ? nil : text
    }
    /// Statements take about a millisecond, so a few connections can serve thousands of sign-ins per second, and a
    /// dozen replicas stay below the 100 connections that a server accepts by default.
    static let poolSizeSetting = Setting<Int>.integer(
        "PIXELFLOW_AUTH_DATABASE_POOL_SIZE", default: 8, in: 1...256,
        help: "Maximum number of connections to PostgreSQL per process; a backup uses one more.")
    /// libpq raises 1 to 2.
    static let connectTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_DATABASE_CONNECT_TIMEOUT", default: 5, in: 2...120,
        help: "Time limit for connecting to PostgreSQL, per address; a connect_timeout in the URL takes precedence.")
    static let commandTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_DATABASE_STATEMENT_TIMEOUT", default: 5, in: 1...300, help: "Time limit for one statement in PostgreSQL.")
    static let waitTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_DATABASE_WAIT_TIMEOUT", default: 5, in: 1...120,
        help:
            "Time limit for waiting for a free connection to PostgreSQL.")

    private static let definitions = DatabaseSettings.Definitions(
        url: urlSetting, poolSize: poolSizeSetting, connectTimeout: connectTimeoutSetting, commandTimeout: commandTimeoutSetting,
        waitTimeout: waitTimeoutSetting)
    package static let descriptions = definitions.descriptions
    private static let waitLimit = 256

    private var database: DatabaseSettings

    package subscript<Value>(dynamicMember member: WritableKeyPath<DatabaseSettings, Value>) -> Value {
        get { database[keyPath: member] }
        set { database[keyPath: member] = newValue }
    }

    package init(url: String) {
        database = DatabaseSettings(url: url, connectTimeout: .seconds(5), waitLimit: Self.waitLimit)
    }

    /// - Throws: as `DatabaseSettings`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        database = try DatabaseSettings(settings, Self.definitions, waitLimit: Self.waitLimit)
    }

    /// The parameters for libpq.
    ///
    /// - Throws: `setting_invalid` if the URL is invalid.
    func parameters() throws(PixelFlowError) -> ConnectionParameters {
        guard var parameters = ConnectionParameters(url: database.url) else {
            throw Self.urlSetting.description.rejection(of: database.url)
        }
        parameters.setDefault("connect_timeout", "\(max(2, database.connectTimeout.components.seconds))")
        return parameters
    }
}
