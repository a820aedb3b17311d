import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// Sends requests to auth.
struct AuthRequests: Sendable {
    private let client: HTTPClient

    init(_ client: HTTPClient) { self.client = client }

    /// - Parameter sizeLimit: the maximum size of the body of the response.
    /// - Returns: the body.
    /// - Throws: `auth_unavailable` if the response is not as expected.
    func send(_ request: HTTPClientRequest, expecting status: HTTPResponseStatus = .ok, sizeLimit: Int) async throws -> ByteBuffer {
        do {
            let response = try await client.execute(request, timeout: .seconds(3))
            guard response.status == status else { throw UnexpectedStatusError(status: response.status.code) }
            return try await response.body.collect(upTo: sizeLimit)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw PixelFlowError.unavailable("auth", cause: error)
        }
    }
}

/// A response of auth with an unexpected status.
struct UnexpectedStatusError: Error {
    let status: UInt
}
