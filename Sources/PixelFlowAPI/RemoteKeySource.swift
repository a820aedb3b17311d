package import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import PixelFlowCore
package import PixelFlowHTTP

/// Fetches the keys of an auth service over HTTP. `TokenVerifier` keeps them, so that tokens remain valid while auth is down.
package struct RemoteKeySource: VerificationKeySource {
    static let urlSetting = Setting<String>.text(
        "PIXELFLOW_JWKS_URL", default: "http://127.0.0.1:50051/.well-known/jwks.json",
        help: "URL of the public keys that verify tokens.")

    package static let descriptions: [SettingDescription] = [urlSetting.description]

    /// Far above the size of any realistic set of keys.
    private static let sizeLimit = 256 * 1024
    private let url: String
    private let client: HTTPClient

    /// - Throws: `setting_invalid` if the setting is not an http or https URL.
    package init(_ settings: Settings, client: HTTPClient) throws(PixelFlowError) {
        let url = try settings[Self.urlSetting]
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            let name = Self.urlSetting.description.name
            throw .invalid(name, "\(name) must be an http or https URL, not \"\(url)\".", code: "setting_invalid")
        }
        self.url = url
        self.client = client
    }

    /// - Throws: `auth_unavailable` if the response contains no keys.
    package func jwks() async throws -> JSONWebKeySet {
        do {
            let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(3))
            guard response.status == .ok else { throw UnexpectedStatusError(status: response.status.code) }
            let body = try await response.body.collect(upTo: Self.sizeLimit)
            return try JSONWebKeySet(json: body.readableBytesView)
        } catch {
            throw PixelFlowError.unavailable("auth", cause: error)
        }
    }
}

/// A response of auth with an unexpected status.
struct UnexpectedStatusError: Error {
    let status: UInt
}
