package import PixelFlowCore

/// The settings of the Redis server that replicas share.
package struct RedisSettings: Sendable {
    /// `PIXELFLOW_CACHE_URL`.
    package static let urlSetting = Setting<String>.text(
        "PIXELFLOW_CACHE_URL", default: "memory:",
        help:
            "Where replicas count rate limits together, keep presets, and hear of revocations: redis://USER:PASSWORD@HOST:PORT/DATABASE (Redis or Valkey), "
            + "rediss://… with TLS, and ca_file=PATH for your own certificate authority; memory: for each process alone.",
        isSecret: true)
    /// Redis responds within a millisecond. Beyond this timeout, it is better to count locally.
    static let timeoutSetting = Setting<Int>.integer(
        "PIXELFLOW_CACHE_TIMEOUT_MS", default: 250, in: 10...10_000,
        help: "Time limit for a command in Redis, in milliseconds; after it the process continues without Redis.")
    static let connectTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_CACHE_CONNECT_TIMEOUT", default: 2, in: 1...60, help: "Time limit for connecting to Redis.")

    package static let descriptions: [SettingDescription] = [
        urlSetting.description, timeoutSetting.description, connectTimeoutSetting.description,
    ]

    package var address: RedisAddress
    package var timeout: Duration = .milliseconds(250)
    package var connectTimeout: Duration = .seconds(2)
    /// The maximum number of pending commands; further ones fail immediately. At 10 microseconds each, all of them complete long before
    /// the timeout.
    package var waitLimit = 4096
    /// Delays between connection attempts. Shorter than the cooldown of the circuit breaker, so that its probe can connect.
    package var reconnect = RetryPolicy(firstPause: .milliseconds(50), longestPause: .seconds(1), jitter: .equal)

    package init(address: RedisAddress) { self.address = address }

    /// - Returns: nil for `memory:`.
    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`; never includes the URL.
    package static func read(_ settings: Settings) throws(PixelFlowError) -> RedisSettings? {
        let url = try settings[urlSetting]
        let timeout = try settings[timeoutSetting]
        let connectTimeout = try settings[connectTimeoutSetting]
        guard url != "memory:" else { return nil }
        var read = RedisSettings(address: try RedisAddress(url: url, setting: urlSetting.description.name))
        read.timeout = .milliseconds(timeout)
        read.connectTimeout = connectTimeout
        return read
    }
}
