import HTTPTypes
package import Hummingbird
import NIOCore

/// Responds to `Expect: 100-continue` when a route starts to read the body. A request that is rejected before that, such as for a missing
/// token or its size, is rejected without its body being sent.
package struct ContinueMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    package init() {}

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        guard request.waitsForContinue else { return try await next(request, context) }
        var request = request
        request.body = RequestBody(asyncSequence: AwaitedBody(base: request.body, context: context))
        return try await next(request, context)
    }
}

extension Request {
    /// Whether the client waits for a 100 (Continue) before it sends the body.
    package var waitsForContinue: Bool {
        headers[values: .expect].contains { $0.lowercased() == "100-continue" }
            && (headers.contains(.contentLength) || headers.contains(.transferEncoding))
    }
}

/// A body that is requested from the client on the first read.
private struct AwaitedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: RequestBody
    let context: AppRequestContext

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), context: context) }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        let context: AppRequestContext
        var isAskedFor = false

        mutating func next() async throws -> ByteBuffer? {
            if !isAskedFor {
                isAskedFor = true
                context.askForBody()
            }
            return try await base.next()
        }
    }
}
