package import PixelFlowCore
package import PixelFlowHTTP

/// The addresses of the services behind web.
package struct WebSettings: Sendable, Hashable {
    static let authSetting = Setting<String>.serviceURL(
        "PIXELFLOW_WEB_AUTH_URL", default: "http://127.0.0.1:50051", help: "URL at which web reaches auth.")
    static let apiSetting = Setting<String>.serviceURL(
        "PIXELFLOW_WEB_API_URL", default: "http://127.0.0.1:8080", help: "URL at which web reaches the api.")

    package static let descriptions: [SettingDescription] = [
        authSetting.description, apiSetting.description, TrustedProxies.setting.description,
    ]

    /// `PIXELFLOW_WEB_AUTH_URL`: the auth service, such as `http://127.0.0.1:50051`, without a trailing slash.
    package let authURL: String
    /// `PIXELFLOW_WEB_API_URL`: the api, such as `http://127.0.0.1:8080`, without a trailing slash.
    package let apiURL: String

    /// The proxies whose `X-Forwarded-…` headers are trusted and forwarded.
    package let proxies: TrustedProxies

    /// - Throws: `setting_invalid` if an address is not an absolute http or https URL.
    package init(
        authURL: String = "http://127.0.0.1:50051", apiURL: String = "http://127.0.0.1:8080", proxies: TrustedProxies = .loopback
    ) throws(PixelFlowError) {
        self.proxies = proxies
        self.authURL = try Self.authSetting.read(authURL)
        self.apiURL = try Self.apiSetting.read(apiURL)
    }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        try self.init(authURL: try settings[Self.authSetting], apiURL: try settings[Self.apiSetting], proxies: try TrustedProxies(settings))
    }
}
