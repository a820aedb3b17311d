package import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
package import PixelFlowCore
package import PixelFlowHTTP
import WireFormats

/// Access to API keys, revocations, the audit log and mail of an auth service over HTTP.
package struct RemoteIdentitySource: IdentityService {
    static let urlSetting = Setting<String>.serviceURL(
        "PIXELFLOW_AUTH_URL", default: "http://127.0.0.1:50051",
        help: "URL at which the api asks auth for API keys and revocations.")

    package static let descriptions: [SettingDescription] = [urlSetting.description]

    /// A page of 1,000 revocations takes about 150 KB.
    private static let sizeLimit = 1 << 20
    private let url: String
    private let secret: String
    private let requests: AuthRequests

    /// - Throws: `setting_invalid` if the URL is invalid or the secret is missing.
    package init(_ settings: Settings, client: HTTPClient) throws(PixelFlowError) {
        url = try settings[Self.urlSetting]
        let secret = try settings[ServiceSecret.setting]
        guard !secret.isEmpty else {
            let name = ServiceSecret.setting.description.name
            throw .invalid(
                name, "\(name) must be set, to the same text as that of auth: without it, revoked tokens could not be refused.",
                code: "setting_invalid")
        }
        self.secret = secret
        requests = AuthRequests(client)
    }

    package func introspect(key: String) async throws -> KeyIntrospection {
        try await response(to: try post(["token": key], to: "/introspect"))
    }

    package func revocations(after sequence: Int64) async throws -> RevocationPage {
        try await response(to: HTTPClientRequest(url: url + "/revocations?after=\(sequence)"))
    }

    package func deletedOrganisations(after position: Int64) async throws -> DeletedOrganisations {
        try await response(to: HTTPClientRequest(url: url + "/deleted-organisations?after=\(position)"))
    }

    package func append(_ entries: [AuditEntry]) async throws {
        _ = try await send(try post(AuditDelivery(entries), to: "/audit-entries"), expecting: .noContent)
    }

    package func claimDigests() async throws -> [DigestRequest] {
        var request = HTTPClientRequest(url: url + "/task-digests/claim")
        request.method = .POST
        let requests: DigestRequests = try await response(to: request)
        return requests.digests
    }

    package func report(_ digests: [TaskDigest]) async throws {
        _ = try await send(try post(TaskDigestDelivery(digests), to: "/task-digests"), expecting: .noContent)
    }

    package func report(_ batches: [EndedBatch]) async throws {
        _ = try await send(try post(EndedBatchDelivery(batches), to: "/ended-batches"), expecting: .noContent)
    }

    private func post(_ body: some Encodable, to path: String) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try JSONStreamEncoder(sortsKeys: false).encode(body)))
        return request
    }

    /// - Throws: `auth_unavailable` if the response is not as expected.
    private func response<Value: Decodable>(to request: HTTPClientRequest) async throws -> Value {
        let body = try await send(request, expecting: .ok)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(body.readableBytesView))
        } catch {
            throw PixelFlowError.unavailable("auth", cause: error)
        }
    }

    private func send(_ request: HTTPClientRequest, expecting status: HTTPResponseStatus) async throws -> ByteBuffer {
        var request = request
        request.headers.add(name: "authorization", value: "Bearer \(secret)")
        return try await requests.send(request, expecting: status, sizeLimit: Self.sizeLimit)
    }
}
