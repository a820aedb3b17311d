import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowRelease
package import WireFormats

/// The parts of a service's description besides its routes.
package struct ServiceDescription: Sendable {
    let title: String
    /// CommonMark.
    let text: String
    /// Names and CommonMark texts, in the order of the document.
    let tags: [(name: String, text: String)]

    /// JSON of requests and responses, in the form of `OpenAPIDocument.examples`.
    let examples: [String: String]

    package init(title: String, text: String, tags: [(name: String, text: String)], examples: [String: String] = [:]) {
        self.title = title
        self.examples = examples
        self.text = text
        self.tags = tags
    }

    /// The OpenAPI 3.1 description of `routes`.
    ///
    /// - Throws: `SchemaError` or `DocumentError`, which are defects of the declarations.
    package func document(of routes: [Route]) throws -> JSONValue {
        let reader = SchemaReader()
        _ = try reader.schema(of: Problem.self)
        return try OpenAPIDocument(
            title: title, version: Release.version, text: "\(text)\n\n\(APIConventions.text)", tags: tags,
            operations: routes.compactMap(\.description), examples: examples.mapValues { try JSONValue(parsing: $0) }
        ).json(reader)
    }
}

/// `GET /openapi.json`: the description of this service, which is written when it is first requested.
struct DescriptionRoute: Sendable {
    private let document: AsyncLazy<TaggedJSON>
    private let service: String

    /// - Parameter routes: all other routes.
    init(_ description: ServiceDescription, of service: String, routes: [Route]) {
        self.service = service
        let own = Self.route(service) { _, _ in throw HTTPError(.notFound) }
        document = AsyncLazy { TaggedJSON(try description.document(of: routes + [own])) }
    }

    var route: Route {
        Self.route(service) { request, _ in try await document.value.response(to: request, cacheControl: "no-cache") }
    }

    private static func route(_ service: String, handler: @escaping Route.Handler) -> Route {
        Route(
            .get, "/openapi.json", id: "\(service)Description", tag: "service", "Read this description", access: .anyone,
            parameters: [.ifNoneMatch],
            responses: [
                ResponseDescription(
                    200, "The description by OpenAPI 3.1.", [.init("application/json", .schema(.object([:])))], headers: [.eTag]),
                .notModified,
            ],
            problems: [.preconditionFailed], handler: handler)
    }
}
