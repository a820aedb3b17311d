import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// `/api/…` and `/auth/…`: passed on to the services, and their answers passed back, piece by piece.
struct ProxyRoutes: Sendable {
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete]
    /// Told to those who run the services, and not to everybody who can reach the page.
    private static let internalPaths: Set<String> = ["/metrics", "/readyz", "/livez"]

    let auth: Upstream
    let api: Upstream

    func add(to router: RouterGroup<AppRequestContext>) {
        for method in Self.methods {
            router.on("/api/**", method: method) { request, context in
                try await pass(request, to: api, as: request.uri.path, context)
            }
            router.on("/auth/**", method: method) { request, context in
                let path = String(request.uri.path.dropFirst("/auth".count))
                guard !Self.internalPaths.contains(path) else { throw HTTPError(.notFound) }
                return try await pass(request, to: auth, as: path, context)
            }
        }
    }

    private func pass(_ request: Request, to upstream: Upstream, as path: String, _ context: AppRequestContext) async throws -> Response {
        let target = path + (request.uri.query.map { "?\($0)" } ?? "")
        let body = request.announcesBody ? RelayedBody(request.body) : nil
        let length = request.headers[.contentLength].flatMap { Int64($0) }
        do {
            let answer = try await upstream.send(
                request.method, target, headers: Self.headers(request, context), body: body.map { .stream($0, length: length) })
            if request.method != .head, answer.isProblem {
                let problem = try await Self.problem(answer)
                await body?.close()
                return problem
            }
            return Self.response(answer, to: request, body)
        } catch {
            await body?.close()
            if body?.isBroken == true { throw PixelFlowError(.malformed, code: "upload_aborted", "The request ended early.", cause: error) }
            throw error
        }
    }

    // MARK: There

    private static func headers(_ request: Request, _ context: AppRequestContext) -> HTTPFields {
        var headers = request.headers.passedOn(without: ["host", "cookie", "content-length", "expect"])
        for field in RequestTrace(request, context).headers { headers[field.name] = field.value }
        if headers[.authorization] == nil, let token = SessionCookie.token(of: request) { headers[.authorization] = "Bearer \(token)" }
        return headers
    }

    // MARK: Back

    /// An upstream that refuses an upload may be cut off before its answer is read: its connection ends
    /// together with what is still being sent. Read whole before anything is passed back, a problem
    /// arrives whole or becomes a 503, and the request is good for another try.
    private static func problem(_ answer: UpstreamAnswer) async throws -> Response {
        let content = try await answer.collect(limit: 64 * 1024)
        return Response(status: answer.status, headers: answer.headers.passedOn(), body: ResponseBody(byteBuffer: content))
    }

    private static func response(_ answer: UpstreamAnswer, to request: Request, _ sent: RelayedBody?) -> Response {
        let headers = answer.headers.passedOn()
        if request.method == .head || answer.status == .noContent || answer.status == .notModified {
            return Response(
                status: answer.status, headers: headers,
                body: ResponseBody { writer in
                    try await writer.finish(nil)
                    await sent?.close()
                })
        }
        let length = headers[.contentLength].flatMap { Int($0) }
        let body = ResponseBody(contentLength: length) { writer in
            do {
                try await relay(answer, to: &writer, isWatched: sent == nil && length == nil, request)
                try await writer.finish(nil)
            } catch {
                await sent?.close()
                throw error
            }
            await sent?.close()
        }
        return Response(status: answer.status, headers: headers, body: body)
    }

    /// - Parameter isWatched: ends the stream as soon as the client goes, and not with the next
    ///   thing that is written to it, which may never come.
    private static func relay(
        _ answer: UpstreamAnswer, to writer: inout any ResponseBodyWriter, isWatched: Bool, _ request: Request
    ) async throws {
        guard isWatched, answer.headers[.contentType]?.hasPrefix("text/event-stream") == true else {
            for try await piece in answer.body { try await writer.write(piece) }
            return
        }
        try await request.body.consumeWithCancellationOnInboundClose { _ in
            for try await piece in answer.body.cancelOnGracefulShutdown() { try await writer.write(piece) }
        }
    }
}

extension Request {
    fileprivate var announcesBody: Bool {
        headers.contains(.transferEncoding) || headers[.contentLength].map { $0 != "0" } == true
    }
}
