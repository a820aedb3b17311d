package import PixelFlowCore
package import PixelFlowLimits
import WireFormats

/// The maximum request rates of a caller, by class.
package struct RateLimitSettings: Sendable {
    /// A quota in the form of a setting.
    package struct Quota: Sendable, Hashable {
        package let requests: Int
        package let window: Duration

        private static let windows: [String: Duration] = [
            "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600), "d": .seconds(86_400),
        ]

        package init(_ requests: Int, per window: Duration) {
            self.requests = requests
            self.window = window
        }

        /// Parses `600/m`. Nil if it is invalid.
        init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let requests = Int(parts[0]), (1...RateLimit.maximumQuota).contains(requests),
                let window = Self.windows[String(parts[1])]
            else { return nil }
            self.init(requests, per: window)
        }
    }

    static let enabled = Setting<Bool>(
        "PIXELFLOW_RATE_LIMITS", default: "on", expected: "on or off", help: "Whether requests are limited by the settings below."
    ) { ["on": true, "off": false][$0.lowercased()] }

    /// A sign-in takes a quarter of a second of computing; five per second from one address are far more than an office needs.
    static let signIn = quota(
        "PIXELFLOW_RATE_SIGN_IN", default: "300/m", "Registrations, sign-ins and renewals of tokens from one address (IPv6: one /64)")
    /// Enough for a page with a hundred thumbnails every second, plus an event stream.
    static let read = quota("PIXELFLOW_RATE_READ", default: "6000/m", "Reads by one user or API key")
    static let write = quota("PIXELFLOW_RATE_WRITE", default: "3000/m", "Changes other than uploads by one user or API key")
    /// More than a worker with two cores can render.
    static let upload = quota("PIXELFLOW_RATE_UPLOAD", default: "3000/m", "Uploads by one user or API key")
    static let heavy = quota(
        "PIXELFLOW_RATE_HEAVY", default: "600/m",
        "Reads of statistics, usage and the audit log, and exports of accounts, by one user or API key")
    static let organisation = Setting<Int>.integer(
        "PIXELFLOW_RATE_ORGANISATION", default: 10, in: 0...1000,
        help: "The quota of an organisation, for all of its users and API keys, as a multiple of the quota of one user; 0 for no limit.")

    package static let descriptions: [SettingDescription] = [
        enabled.description, signIn.description, read.description, write.description, upload.description, heavy.description,
        organisation.description,
    ]

    /// Missing classes have no limit.
    package var quotas: [RateClass: Quota] = [:]
    /// The quota of an organisation as a multiple of a user's quota; 0 for no limit.
    package var organisationFactor = 10

    /// No limits.
    package init() {}

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        organisationFactor = try settings[Self.organisation]
        quotas[.signIn] = try settings[Self.signIn]
        quotas[.read] = try settings[Self.read]
        quotas[.write] = try settings[Self.write]
        quotas[.upload] = try settings[Self.upload]
        quotas[.heavy] = try settings[Self.heavy]
        if !(try settings[Self.enabled]) { quotas = [:] }
    }

    private static func quota(_ name: String, default text: String, _ help: String) -> Setting<Quota?> {
        Setting(
            name, default: text,
            expected: "off, or a number from 1 to \(RateLimit.maximumQuota) and a window: 10/s, 600/m, 5000/h or 50000/d",
            help: "\(help): a number per second, minute, hour or day, even all at once; off for no limit."
        ) { text in
            if text == "off" || text == "0" { return .some(nil) }
            return Quota(text).map(Optional.some)
        }
    }
}
