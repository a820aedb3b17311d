/// A database server and the pool of connections to it.
package struct DatabaseSettings: Sendable {
    /// The settings of one server.
    package struct Definitions: Sendable {
        package let url: Setting<String>
        package let poolSize: Setting<Int>
        package let connectTimeout: Setting<Duration>
        package let commandTimeout: Setting<Duration>
        package let waitTimeout: Setting<Duration>

        package init(
            url: Setting<String>, poolSize: Setting<Int>, connectTimeout: Setting<Duration>, commandTimeout: Setting<Duration>,
            waitTimeout: Setting<Duration>
        ) {
            self.url = url
            self.poolSize = poolSize
            self.connectTimeout = connectTimeout
            self.commandTimeout = commandTimeout
            self.waitTimeout = waitTimeout
        }

        package var descriptions: [SettingDescription] {
            [url.description, poolSize.description, connectTimeout.description, commandTimeout.description, waitTimeout.description]
        }
    }

    /// May contain a password: never log it.
    package var url: String
    package var poolSize = 8
    package var connectTimeout: Duration
    package var commandTimeout: Duration = .seconds(5)
    package var waitTimeout: Duration = .seconds(5)
    /// The maximum number of calls that wait for a connection; further ones are rejected immediately. At a millisecond each on 8
    /// connections, all of them must complete long before `waitTimeout`.
    package var waitLimit: Int

    package init(url: String, connectTimeout: Duration, waitLimit: Int) {
        self.url = url
        self.connectTimeout = connectTimeout
        self.waitLimit = waitLimit
    }

    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`; never includes the URL.
    package init(_ settings: Settings, _ definitions: Definitions, waitLimit: Int) throws(PixelFlowError) {
        self.init(url: try settings[definitions.url], connectTimeout: try settings[definitions.connectTimeout], waitLimit: waitLimit)
        poolSize = try settings[definitions.poolSize]
        commandTimeout = try settings[definitions.commandTimeout]
        waitTimeout = try settings[definitions.waitTimeout]
    }
}
