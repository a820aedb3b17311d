package import PixelFlowCore

/// The PostgreSQL server for users and signing keys, and its timeouts.
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
    static let statementTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_DATABASE_STATEMENT_TIMEOUT", default: 5, in: 1...300, help: "Time limit for one statement in PostgreSQL.")
    static let waitTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_AUTH_DATABASE_WAIT_TIMEOUT", default: 5, in: 1...120,
        help:
            "Time limit for waiting for a free connection to PostgreSQL.")

    package static let descriptions: [SettingDescription] = [
        urlSetting.description, poolSizeSetting.description, connectTimeoutSetting.description,
        statementTimeoutSetting.description, waitTimeoutSetting.description,
    ]

    /// May contain a password: never log it.
    package var url: String
    package var poolSize = 8
    package var connectTimeout: Duration = .seconds(5)
    package var statementTimeout: Duration = .seconds(5)
    package var waitTimeout: Duration = .seconds(5)
    /// The maximum number of calls that wait for a connection; further ones are rejected immediately. 256 at a
    /// millisecond each on 8 connections complete long before `waitTimeout`.
    package var waitLimit = 256

    package init(url: String) { self.url = url }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`; never includes the URL.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(url: try settings[Self.urlSetting])
        poolSize = try settings[Self.poolSizeSetting]
        connectTimeout = try settings[Self.connectTimeoutSetting]
        statementTimeout = try settings[Self.statementTimeoutSetting]
        waitTimeout = try settings[Self.waitTimeoutSetting]
    }

    /// The parameters for libpq.
    ///
    /// - Throws: `setting_invalid` if the URL is invalid.
    func parameters() throws(PixelFlowError) -> ConnectionParameters {
        guard var parameters = ConnectionParameters(url: url) else {
            let setting = Self.urlSetting.description
            throw .invalid(setting.name, "\(setting.name) must be \(setting.expected).", code: "setting_invalid")
        }
        parameters.setDefault("connect_timeout", "\(max(2, connectTimeout.components.seconds))")
        return parameters
    }
}
