package import AsyncHTTPClient
import NIOCore
package import PixelFlowCore
package import PixelFlowHTTP

/// Fetches the keys of an auth service over HTTP. `TokenVerifier` keeps them, so that tokens remain valid while auth is down.
package struct RemoteKeySource: VerificationKeySource {
    static let urlSetting = Setting<String>.httpURL(
        "PIXELFLOW_JWKS_URL", default: "http://127.0.0.1:50051/.well-known/jwks.json",
        help: "URL of the public keys that verify tokens.")

    package static let descriptions: [SettingDescription] = [urlSetting.description]

    /// Far above the size of any realistic set of keys.
    private static let sizeLimit = 256 * 1024
    private let url: String
    private let requests: AuthRequests

    /// - Throws: `setting_invalid` if the setting is not an http or https URL.
    package init(_ settings: Settings, client: HTTPClient) throws(PixelFlowError) {
        url = try settings[Self.urlSetting]
        requests = AuthRequests(client)
    }

    /// - Throws: `auth_unavailable` if the response contains no keys.
    package func jwks() async throws -> JSONWebKeySet {
        let body = try await requests.send(HTTPClientRequest(url: url), sizeLimit: Self.sizeLimit)
        do {
            return try JSONWebKeySet(json: body.readableBytesView)
        } catch {
            throw PixelFlowError.unavailable("auth", cause: error)
        }
    }
}
