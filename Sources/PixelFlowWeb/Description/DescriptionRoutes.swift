import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// `GET /openapi.json`: the description of the whole product, under web's paths.
struct DescriptionRoutes: Sendable {
    private let source: DescriptionSource

    /// - Parameter routes: all others of web.
    init(of routes: [Route], auth: Upstream, api: Upstream, clock: any WallClock) {
        let own = Self.route { _, _ in throw HTTPError(.notFound) }
        source = DescriptionSource(
            own: AsyncLazy { try ServiceDescription.product.document(of: routes + [own]) }, auth: auth, api: api, clock: clock)
    }

    var routes: [Route] {
        [
            Self.route { [source] request, context in
                try await source.product(context.logger).response(to: request, cacheControl: "no-cache")
            }
        ]
    }

    private static func route(handler: @escaping Route.Handler) -> Route {
        Route(
            .get, "/openapi.json", id: "productDescription", tag: "service", "Read this description", access: .anyone,
            parameters: [.ifNoneMatch],
            responses: [
                ResponseDescription(
                    200, "The description by OpenAPI 3.1.", [.init("application/json", .schema(.object([:])))], headers: [.eTag]),
                .notModified,
            ],
            problems: [
                .preconditionFailed,
                DeclaredProblem(.unavailable, "auth_unavailable", "The auth service has not sent its description yet."),
                DeclaredProblem(.unavailable, "api_unavailable", "The api service has not sent its description yet."),
                DeclaredProblem(
                    .unavailable, "descriptions_differ", "The services are of different versions, as in the middle of an upgrade."),
            ], handler: handler)
    }
}

extension ServiceDescription {
    static let product = ServiceDescription(
        title: "PixelFlow",
        text: """
            Images in, tasks out: upload an image or its URL with a pipeline, follow the task, download the outputs. Calls under `/api` \
            need `Authorization: Bearer TOKEN`, or the session of the page. A resource of another tenant is 404.
            """,
        tags: [
            ("session", "Signing in and out with a cookie, for pages. Programs send a token of `POST /auth/login` instead."),
            ("service", "For operators."),
        ])
}
