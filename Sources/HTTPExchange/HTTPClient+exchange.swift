package import AsyncHTTPClient
import AsyncPrimitives
package import NIOCore
package import NIOHTTP1

/// A complete response.
package struct HTTPExchange: Sendable {
    package let status: HTTPResponseStatus
    package let headers: HTTPHeaders
    package let body: ByteBuffer
}

extension HTTPClient {
    /// Sends a request and reads the complete response.
    ///
    /// The time limit of `execute` ends when the head of the response arrives: a server that stalls afterwards would hold the caller for as
    /// long as the read timeout of the client, which is unlimited by default. This limit includes the body.
    ///
    /// - Parameter bodyLimit: the maximum size of the body in bytes.
    /// - Throws: `HTTPClientError.deadlineExceeded` after `limit`, `NIOTooManyBytesError` for a larger body, and the errors of `execute`.
    package func exchange(_ request: HTTPClientRequest, within limit: Duration, bodyLimit: Int) async throws -> HTTPExchange {
        try await cancelling(after: limit, throwing: HTTPClientError.deadlineExceeded) {
            let response = try await self.execute(request, deadline: .distantFuture)
            let body = try await response.body.collect(upTo: bodyLimit)
            return HTTPExchange(status: response.status, headers: response.headers, body: body)
        }
    }
}
