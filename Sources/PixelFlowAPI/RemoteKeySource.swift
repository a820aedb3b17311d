package import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import PixelFlowCore
package import PixelFlowHTTP

/// The keys of an auth service, asked for by HTTP. `TokenVerifier` keeps them, so that tokens count on while auth is down.
package struct RemoteKeySource: VerificationKeySource {
    static let urlSetting = Setting<String>.text(
        "PIXELFLOW_JWKS_URL", default: "http://127.0.0.1:50051/.well-known/jwks.json",
        help: "URL of the public keys that verify tokens.")

    package static let descriptions: [SettingDescription] = [urlSetting.description]

    /// Far over what any number of keys takes.
    private static let sizeLimit = 256 * 1024
    private let url: String
    private let client: HTTPClient

    /// - Throws: `setting_invalid` if the setting is not a http or https URL.
    package init(_ settings: Settings, client: HTTPClient) throws(PixelFlowError) {
        let url = try settings[Self.urlSetting]
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            let name = Self.urlSetting.description.name
            throw .invalid(name, "\(name) must be an http or https URL, not \"\(url)\".", code: "setting_invalid")
        }
        self.url = url
        self.client = client
    }

    /// - Throws: `auth_unavailable` if the service does not answer with keys.
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

/// An answer of auth that a request does not expect.
struct UnexpectedStatusError: Error {
    let status: UInt
}
