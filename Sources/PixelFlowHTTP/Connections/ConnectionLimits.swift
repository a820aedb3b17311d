package import PixelFlowCore

/// The limits of a client: connections, time and header bytes.
package struct ConnectionLimits: Sendable, Hashable {
    static let totalSetting = Setting<Int>.integer(
        "PIXELFLOW_HTTP_MAX_CONNECTIONS", default: 4096, in: 16...1_000_000,
        help:
            "Maximum open connections, capped at a third of the file descriptors. Beyond it, the connections that have waited "
            + "longest for a request are closed.")
    static let perAddressSetting = Setting<Int>.integer(
        "PIXELFLOW_HTTP_MAX_CONNECTIONS_PER_ADDRESS", default: 512, in: 1...1_000_000,
        help:
            "Maximum open connections from one address (IPv6: one /64 network); further ones are rejected with 429. Trusted "
            + "proxies are not limited.")
    static let headerTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_HTTP_HEADER_TIMEOUT", default: 10, in: 1...600,
        help: "Time limit for a request header, counted from the connection or from its first byte; then 408.")
    static let idleTimeoutSetting = Setting<Duration>.seconds(
        "PIXELFLOW_HTTP_IDLE_TIMEOUT", default: 60, in: 1...3600,
        help: "How long a connection may stay idle between requests, and how long a response waits for a client that does not read it.")
    static let bodyRateSetting = Setting<Int>.integer(
        "PIXELFLOW_HTTP_MIN_BODY_RATE", default: 1024, in: 0...1_048_576,
        help:
            "Minimum rate of a request body in bytes per second, over each 10 seconds; a slower one is rejected with 408. 0 "
            + "disables the limit.")
    static let headerBytesSetting = Setting<Int>.integer(
        "PIXELFLOW_HTTP_MAX_HEADER_BYTES", default: 32_768, in: 1024...1_048_576,
        help: "Maximum size of a request header in bytes, including the request line; a larger one is rejected with 431.")
    static let headerCountSetting = Setting<Int>.integer(
        "PIXELFLOW_HTTP_MAX_HEADER_COUNT", default: 100, in: 10...1000,
        help:
            "Maximum number of fields in a request header; more are rejected with 431.")

    package static let descriptions: [SettingDescription] = [
        totalSetting.description, perAddressSetting.description, headerTimeoutSetting.description, idleTimeoutSetting.description,
        bodyRateSetting.description, headerBytesSetting.description, headerCountSetting.description,
    ]

    package var total = 4096
    package var perAddress = 512
    package var headerTimeout: Duration = .seconds(10)
    package var idleTimeout: Duration = .seconds(60)
    /// The time over which the rate of a body is measured.
    package var bodyWindow: Duration = .seconds(10)
    /// In bytes per second; 0 for no limit.
    package var minimumBodyRate = 1024
    package var headerBytes = 32_768
    package var headerCount = 100
    /// Bytes of a body that are still accepted when its response has ended: more than an upload has by default, because many clients read
    /// a response only after they have sent everything.
    package var unreadBodyBytes = 64 << 20
    /// The number of connections, at a time and per second, that receive a reason before they are closed; further ones are closed without.
    package var lingering = 64
    /// How long a connection is protected before it may be closed in favour of a new one.
    package var evictionGrace: Duration = .seconds(1)
    /// The maximum number of accepted connections, including those not yet admitted or being refused. Further ones stay in the kernel's
    /// queue.
    package var accepted = 4096 + 64

    package init() {}

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        total = try settings[Self.totalSetting]
        perAddress = try settings[Self.perAddressSetting]
        headerTimeout = try settings[Self.headerTimeoutSetting]
        idleTimeout = try settings[Self.idleTimeoutSetting]
        minimumBodyRate = try settings[Self.bodyRateSetting]
        headerBytes = try settings[Self.headerBytesSetting]
        headerCount = try settings[Self.headerCountSetting]
    }

    /// Caps connections at a third of `descriptors`, and accepted ones at half of them. The rest is in
    /// reserve for databases, files, render processes, and connections from a proxy to its backends. A process
    /// that runs out of descriptors cannot work and soon ends, since system libraries fail as well.
    package func fitting(descriptors: Int) -> ConnectionLimits {
        var limits = self
        limits.total = max(1, min(total, descriptors / 3))
        limits.accepted = max(limits.total + 1, min(limits.total + lingering, descriptors / 2))
        return limits
    }
}
