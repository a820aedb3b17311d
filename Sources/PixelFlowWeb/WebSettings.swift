import Foundation
public import PixelFlowCore

/// Where the services behind the web service are.
public struct WebSettings: Sendable, Hashable {
    /// `PIXELFLOW_WEB_AUTH_URL`: the auth service, as in `http://127.0.0.1:50051`. Without a slash at the end.
    public let authURL: String
    /// `PIXELFLOW_WEB_API_URL`: the api, as in `http://127.0.0.1:8080`. Without a slash at the end.
    public let apiURL: String

    /// - Throws: `setting_invalid` where an address is not an absolute http or https URL.
    public init(authURL: String = "http://127.0.0.1:50051", apiURL: String = "http://127.0.0.1:8080") throws(PixelFlowError) {
        self.authURL = try Self.checked(authURL, "PIXELFLOW_WEB_AUTH_URL")
        self.apiURL = try Self.checked(apiURL, "PIXELFLOW_WEB_API_URL")
    }

    private static func checked(_ text: String, _ setting: String) throws(PixelFlowError) -> String {
        guard let url = URLComponents(string: text), url.scheme == "http" || url.scheme == "https", url.host?.isEmpty == false,
            url.query == nil, url.fragment == nil, url.user == nil
        else { throw .invalid(setting, "\(setting) has to be an http or https URL, not \"\(text)\".", code: "setting_invalid") }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
