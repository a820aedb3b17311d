import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// `/api/…` and `/auth/…`: forwards requests to the services, and streams their responses back.
struct ProxyRoutes: Sendable {
    /// Includes methods that no service supports: for each path, the service itself reports the supported ones with 405.
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    let auth: Upstream
    let api: Upstream
    let proxies: TrustedProxies

    /// The services themselves describe the API behind these routes.
    var routes: [Route] {
        Self.methods.flatMap { method in
            [
                Route(undescribed: method, "/api/**") { request, context in
                    try await pass(request, to: api, as: request.uri.path, ProxiedPaths.api, context)
                },
                Route(undescribed: method, "/auth/**") { request, context in
                    try await pass(request, to: auth, as: String(request.uri.path.dropFirst("/auth".count)), ProxiedPaths.auth, context)
                },
            ]
        }
    }

    private func pass(
        _ request: Request, to upstream: Upstream, as path: String, _ allowed: ProxiedPaths, _ context: AppRequestContext
    ) async throws -> Response {
        guard path.removingPercentEncoding != nil else { throw PixelFlowError.malformedAddress }
        guard allowed.allow(path) else { throw HTTPError(.notFound) }
        let target = path + (request.uri.query.map { "?\($0)" } ?? "")
        if request.asksForWebSocket {
            return try await SocketUpstream(upstream: upstream).relay(target, headers: headers(request, context), context)
        }
        if request.method == .get, path == "/api/events", !request.declaresBody {
            return try await upstream.relayEvents(target, headers: headers(request, context), context)
        }
        let gate = request.declaresBody && request.waitsForContinue ? ContinueGate() : nil
        let body = request.declaresBody ? RelayedBody(request.body, gate: gate) : nil
        let length = request.headers[.contentLength].flatMap { Int64($0) }
        do {
            let answer = try await upstream.send(
                request.method, target, headers: headers(request, context), body: body.map { .stream($0, length: length) }, gate: gate)
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

    // MARK: Requests

    private func headers(_ request: Request, _ context: AppRequestContext) -> HTTPFields {
        let passed = request.headers.passedOn(
            without: [
                "host", "cookie", "content-length", "expect", ContinueObserver.mark, HTTPField.Name.pixelFlowOrganisation.canonicalName,
            ])
        var headers = HTTPFields(passed.filter { !RequestTrace.isClaim($0) })
        let trace = RequestTrace(request, context, proxies: proxies)
        // A trace state belongs to its trace, so it is replaced with it.
        if trace.headers[.traceParent] != nil { headers[.traceState] = nil }
        for field in trace.headers { headers[field.name] = field.value }
        if let token = SessionCookie.credential(of: request) { headers[.authorization] = "Bearer \(token)" }
        return headers
    }

    // MARK: Responses

    /// If an upstream rejects an upload, its response may be cut off, because its connection closes while the upload is still being sent.
    /// The problem is read completely before it is forwarded, so it arrives whole or becomes a 503, and the request can be retried.
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
                for try await piece in answer.body { try await writer.write(piece) }
                try await writer.finish(nil)
            } catch {
                await sent?.close()
                throw error
            }
            await sent?.close()
        }
        return Response(status: answer.status, headers: headers, body: body)
    }
}

extension Request {
    fileprivate var declaresBody: Bool {
        headers.contains(.transferEncoding) || headers[.contentLength].map { $0 != "0" } == true
    }
}
