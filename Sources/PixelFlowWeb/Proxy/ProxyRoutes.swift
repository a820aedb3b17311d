import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowURL
import ServiceLifecycle
import WireFormats

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
        guard path.percentDecoded != nil else { throw PixelFlowError.malformedAddress }
        guard allowed.allow(path) else { throw HTTPError(.notFound) }
        guard !Self.hasPassed(request) else { throw HTTPError(.init(code: 508, reasonPhrase: "Loop Detected")) }
        // Browsers send some characters that URLs forbid. The HTTP client would encode all of such a query, including its percent signs.
        let target = URLTarget.encoded("\(path)\(request.uri.query.map { "?\($0)" } ?? "")")
        if request.asksForWebSocket, path == "/api/events" {
            return try await SocketUpstream(upstream: upstream).relay(target, headers: headers(request, context), context)
        }
        if request.method == .get, path == "/api/events", !request.hasBody {
            return try await upstream.relayEvents(target, headers: headers(request, context), context)
        }
        let gate = request.hasBody && request.waitsForContinue ? AsyncLatch() : nil
        let body = request.hasBody ? RelayedBody(request.body, gate: gate) : nil
        let length = request.headers[.contentLength].flatMap { Int64($0) }
        do {
            let upstreamResponse = try await upstream.send(
                request.method, target, headers: headers(request, context), body: body.map { .stream($0, length: length) }, gate: gate)
            if request.method != .head, upstreamResponse.isProblem {
                let problem = try await Self.problem(upstreamResponse)
                await body?.close()
                return problem
            }
            return Self.response(upstreamResponse, to: request, body)
        } catch {
            await body?.close()
            if body?.isBroken == true { throw PixelFlowError.uploadAborted(error) }
            throw error
        }
    }

    // MARK: Requests

    /// This service in `Via`: RFC 9110, section 7.6.3.
    private static let pseudonym = "pixelflow-web"

    /// Whether the request has already passed through this service, whose upstream is then itself.
    private static func hasPassed(_ request: Request) -> Bool {
        request.headers[values: .via].contains { value in
            value.split(separator: ",").contains { $0.split(separator: " ").dropFirst().first.map { $0 == pseudonym } ?? false }
        }
    }

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
        headers[.via] = (headers[values: .via] + ["1.1 \(Self.pseudonym)"]).joined(separator: ", ")
        if let token = SessionCookie.credential(of: request) { headers[.authorization] = "Bearer \(token)" }
        return headers
    }

    // MARK: Responses

    /// If an upstream rejects an upload, its response may be cut off, because its connection closes while the upload is still being sent.
    /// The problem is read completely before it is forwarded, so it arrives complete or becomes a 503, and the request can be retried.
    private static func problem(_ upstreamResponse: UpstreamResponse) async throws -> Response {
        let content = try await upstreamResponse.collect(limit: 64 * 1024)
        return Response(
            status: upstreamResponse.status, headers: upstreamResponse.headers.passedOn(), body: ResponseBody(byteBuffer: content))
    }

    private static func response(_ upstreamResponse: UpstreamResponse, to request: Request, _ sent: RelayedBody?) -> Response {
        let headers = upstreamResponse.headers.passedOn()
        if request.method == .head || upstreamResponse.status == .noContent || upstreamResponse.status == .notModified {
            return Response(
                status: upstreamResponse.status, headers: headers,
                body: ResponseBody { writer in
                    try await writer.finish(nil)
                    await sent?.close()
                })
        }
        let length = headers[.contentLength].flatMap { Int($0) }
        let body = ResponseBody(contentLength: length) { writer in
            do {
                for try await piece in upstreamResponse.body { try await writer.write(piece) }
                try await writer.finish(nil)
            } catch {
                await sent?.close()
                throw error
            }
            await sent?.close()
        }
        return Response(status: upstreamResponse.status, headers: headers, body: body)
    }
}
