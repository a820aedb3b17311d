import HTTPTypes
import Hummingbird
import PixelFlowHTTP

/// Serves the page, the human-readable description of the API, and their files.
struct AssetRoutes: Sendable {
    /// Everything is loaded from this origin, and nothing is inline. Images may also be created by the page, such as previews and
    /// placeholders.
    private static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    /// The pages by their files, and the paths of their views, which users can open, reload and share.
    private static let views: [String: [String]] = [
        "/index.html": [
            "/", "/tasks/:id", "/overview", "/usage", "/presets", "/presets/:name", "/team", "/invite", "/keys", "/webhooks",
            "/webhooks/:id", "/audit", "/account", "/reset", "/verify",
        ],
        "/docs.html": ["/docs"],
    ]

    let bundle: AssetBundle

    /// Files are not part of the API.
    var routes: [Route] {
        bundle.assets.flatMap { asset in
            (Self.views[asset.path] ?? [asset.path]).map { path in
                Route(undescribed: .get, path) { request, _ in try Self.response(asset, to: request) }
            }
        }
    }

    private static func response(_ asset: Asset, to request: Request) throws -> Response {
        let compressed = acceptsGzip(request) ? asset.gzip : nil
        // A different encoding is a different representation with its own tag.
        let tag = compressed == nil ? asset.entityTag : EntityTag(asset.entityTag.value + "-gzip")
        var headers: HTTPFields = [
            .contentType: asset.mediaType,
            .eTag: tag.description,
            .cacheControl: asset.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
        ]
        if views[asset.path] != nil { headers[.contentSecurityPolicy] = pagePolicy }
        if asset.gzip != nil { headers[.vary] = "accept-encoding" }
        if let known = try Preconditions(request).response(for: tag, headers: headers) { return known }
        if compressed != nil { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: compressed ?? asset.bytes))
    }

    private static func acceptsGzip(_ request: Request) -> Bool {
        (request.headers[.acceptEncoding] ?? "").split(separator: ",").contains { coding in
            let parts = coding.lowercased().filter { !$0.isWhitespace }.split(separator: ";")
            return parts.first == "gzip" && !parts.dropFirst().contains { $0.hasPrefix("q=0") && !$0.contains { "123456789".contains($0) } }
        }
    }
}
