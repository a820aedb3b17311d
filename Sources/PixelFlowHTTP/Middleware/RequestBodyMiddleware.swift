import HTTPTypes
package import Hummingbird
import NIOCore
import PixelFlowCore

/// Prepares the body of a request for routes.
///
/// - Responds to `Expect: 100-continue` when a route starts to read. A request that is rejected before that, such as for a missing token or
///   its size, is rejected without its body being sent.
/// - Refuses a compressed body, which no route would decompress.
/// - Reports a body that breaks off as `upload_aborted` (400), because it is not a failure of the service.
package struct RequestBodyMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    package init() {}

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        guard request.hasBody else { return try await next(request, context) }
        guard request.headers[values: .contentEncoding].allSatisfy({ ["", "identity"].contains($0.lowercased()) }) else {
            throw PixelFlowError(
                .unsupportedMediaType, code: "unsupported_media_type", "Send the body without Content-Encoding: it is not decompressed.")
        }
        var request = request
        request.body = RequestBody(
            asyncSequence: ArrivingBody(base: request.body, waiting: request.waitsForContinue ? context : nil))
        return try await next(request, context)
    }
}

extension Request {
    /// Whether the client waits for a 100 (Continue) before it sends the body.
    package var waitsForContinue: Bool {
        headers[values: .expect].contains { $0.lowercased() == "100-continue" }
            && (headers.contains(.contentLength) || headers.contains(.transferEncoding))
    }

    /// Whether a body follows the header.
    package var hasBody: Bool {
        headers.contains(.transferEncoding) || headers[.contentLength].map { $0 != "0" } == true
    }
}

private struct ArrivingBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: RequestBody
    /// Set if the body must be requested from the client.
    let waiting: AppRequestContext?

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), waiting: waiting) }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        var waiting: AppRequestContext?

        /// - Throws: `upload_aborted` if the connection fails; `CancellationError`.
        mutating func next() async throws -> ByteBuffer? {
            waiting?.askForBody()
            waiting = nil
            do {
                return try await base.next()
            } catch let error as CancellationError {
                throw error
            } catch {
                throw PixelFlowError.uploadAborted(error)
            }
        }
    }
}
