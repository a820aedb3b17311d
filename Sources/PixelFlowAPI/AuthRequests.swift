import AsyncHTTPClient
import HTTPExchange
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// Sends requests to auth.
struct AuthRequests: Sendable {
    private let client: HTTPClient
    private let limit: Duration

    /// - Parameter limit: the maximum time for a complete response.
    init(_ client: HTTPClient, limit: Duration = .seconds(3)) { (self.client, self.limit) = (client, limit) }

    /// - Parameter sizeLimit: the maximum size of the body of the response.
    /// - Returns: the body.
    /// - Throws: `auth_unavailable` if the response is not as expected.
    func send(_ request: HTTPClientRequest, expecting status: HTTPResponseStatus = .ok, sizeLimit: Int) async throws -> ByteBuffer {
        do {
            let response = try await client.exchange(request, within: limit, bodyLimit: sizeLimit)
            guard response.status == status else { throw UnexpectedStatusError(status: response.status.code) }
            return response.body
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
