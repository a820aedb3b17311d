import Foundation
package import PixelFlowCore
package import PixelFlowHTTP

/// The addresses of the services behind web.
package struct WebSettings: Sendable, Hashable {
    static let authSetting = Setting<String>.text(
        "PIXELFLOW_WEB_AUTH_URL", default: "http://127.0.0.1:50051", help: "URL at which web reaches auth.")
    static let apiSetting = Setting<String>.text(
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
        self.authURL = try Self.checked(authURL, "PIXELFLOW_WEB_AUTH_URL")
        self.apiURL = try Self.checked(apiURL, "PIXELFLOW_WEB_API_URL")
    }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        try self.init(authURL: try settings[Self.authSetting], apiURL: try settings[Self.apiSetting], proxies: try TrustedProxies(settings))
    }

    private static func checked(_ text: String, _ setting: String) throws(PixelFlowError) -> String {
        guard let url = URLComponents(string: text), url.scheme == "http" || url.scheme == "https", url.host?.isEmpty == false,
            url.query == nil, url.fragment == nil, url.user == nil
        else { throw .invalid(setting, "\(setting) must be an http or https URL, not \"\(text)\".", code: "setting_invalid") }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
