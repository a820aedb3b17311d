import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/introspect`, `/revocations`, `/deleted-organisations` and `/audit-entries`. For services only, like `TaskMailRoutes`.
struct VerifierRoutes: Sendable {
    let identities: LocalIdentitySource

    var routes: [Route] {
        [
            Route(
                .post, "/introspect", id: "introspect", tag: "service", "Read what an API key may do",
                details: "For services: the bearer token is `PIXELFLOW_SERVICE_SECRET`.", access: .operator,
                body: BodyDescription([.json(IntrospectionRequest.self)], "The key."),
                responses: [.json(KeyIntrospection.self, "What it may do.")], problems: [.databaseUnavailable] + .fields,
                handler: introspect),
            Route(
                .get, "/revocations", id: "listRevocations", tag: "service", "Read revocations in their order",
                details: "For services: the bearer token is `PIXELFLOW_SERVICE_SECRET`. What is listed must be refused from now on.",
                access: .operator, parameters: [Self.after.description],
                responses: [.json(RevocationPage.self, "At most 1,000 revocations.")],
                problems: [
                    .databaseUnavailable, .invalidParameter,
                ], handler: revocations),
            Route(
                .get, "/deleted-organisations", id: "listDeletedOrganisations", tag: "service",
                "Read which organisations can no longer be restored",
                details: "For services: the bearer token is `PIXELFLOW_SERVICE_SECRET`. What belongs to them must be deleted.",
                access: .operator, parameters: [Self.after.description],
                responses: [.json(DeletedOrganisations.self, "At most 1,000 organisations.")],
                problems: [
                    .databaseUnavailable, .invalidParameter,
                ], handler: deletedOrganisations),
            Route(
                .post, "/audit-entries", id: "addAuditEntries", tag: "service", "Add entries to the audit log",
                details: "For services: the bearer token is `PIXELFLOW_SERVICE_SECRET`. Can be repeated: the log contains each entry once.",
                access: .operator, body: BodyDescription([.json(AuditDelivery.self)], "The entries."),
                responses: [.empty(.noContent, "The log has all of them.")], problems: [.databaseUnavailable] + .fields,
                handler: addAuditEntries),
        ]
    }

    private static let after = QueryParameter.integer("after", 0...Int.max, default: 0, "The `next` of the previous response.")

    @Sendable private func introspect(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: IntrospectionRequest = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        return try .json(try await identities.introspect(key: body.token))
    }

    @Sendable private func addAuditEntries(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: AuditDelivery = try await request.decodeJSON(limit: AuditDelivery.bodyLimit)
        guard body.entries.count <= AuditDelivery.limit else {
            throw PixelFlowError.invalid("entries", "Send at most \(AuditDelivery.limit) entries.")
        }
        try await identities.append(try body.entries.map { try $0.entry() })
        return Response(status: .noContent)
    }

    @Sendable private func deletedOrganisations(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(try await identities.deletedOrganisations(after: Int64(try Self.after.value(in: request.query) ?? 0)))
    }

    @Sendable private func revocations(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(try await identities.revocations(after: Int64(try Self.after.value(in: request.query) ?? 0)))
    }
}

/// The body of `POST /introspect`.
private struct IntrospectionRequest: Decodable, SchemaOpen, SchemaNamed, SchemaAnnotated {
    static let schemaName = "IntrospectionRequest"
    static let annotations: [String: SchemaAnnotation] = ["token": "An API key."]

    let token: String
}
