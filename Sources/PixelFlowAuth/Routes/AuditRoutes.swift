import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/audit`: the audit log of the organisation that the token is for.
struct AuditRoutes: Sendable {
    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/audit", id: "listAudit", tag: "audit", "Read the audit log, the newest entry first",
                details: """
                    Send `next_cursor` as `cursor` for the next page; it is null on the last one. With `Accept: application/x-ndjson` the \
                    page is JSON lines, and `Link` leads to the next one.
                    """, access: .scope(.administer), rate: .of(.heavy),
                parameters: [
                    Self.action.description, Self.actor.description, Self.since.description, Self.until.description,
                    Self.limit.description, Self.cursor.description,
                ],
                responses: [
                    ResponseDescription(
                        200, "A page of entries.",
                        [.json(AuditPage.self), .init("application/x-ndjson", .schema(.string()))])
                ],
                problems: [
                    .databaseUnavailable, .invalidParameter,
                    DeclaredProblem(.unavailable, "database_busy", "Too many reads of the audit log wait already."),
                ], handler: list)
        ]
    }

    private static let actions = AuditAction.allCases.map(\.rawValue)
    private static let action = QueryParameter<AuditAction>(
        "action", .choice(actions), "Only entries of this action.", expectation: "one of \(actions.joined(separator: ", "))"
    ) { AuditAction(rawValue: $0) }
    private static let actor = QueryParameter.text("actor", maximumBytes: 64, "Only entries of this user or key, by its id.")
    private static let since = time("since", "Only entries at or after this time.")
    private static let until = time("until", "Only entries before this time.")
    private static let limit = QueryParameter.integer("limit", 1...1_000, default: 100, "Entries on a page.")
    private static let cursor = QueryParameter<String>(
        "cursor", .string(format: "uuid"), "The `next_cursor` of the previous page.",
        expectation: "a next_cursor, as a page has it"
    ) { UUIDv7.isCanonical($0) ? $0 : nil }

    private static func time(_ name: String, _ text: String) -> QueryParameter<Timestamp> {
        QueryParameter(name, .string(format: "date-time"), text, expectation: "a time as in 2026-01-31T08:00:00Z") {
            Timestamp(iso8601: $0)
        }
    }

    // The literal is a valid header name, so the fallback is never taken.
    private static let link = HTTPField.Name("link") ?? .via

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let query = request.query
        let filter = IdentityStore.AuditFilter(
            action: try Self.action.value(in: query), actor: try Self.actor.value(in: query), since: try Self.since.value(in: query),
            until: try Self.until.value(in: query))
        let limit = try Self.limit.value(in: query) ?? 100
        let entries = try await auth.store.audit(
            of: try context.requirePrincipal().tenant, before: try Self.cursor.value(in: query), filter, limit: limit)
        let page = AuditPage(entries: entries.map(AuditView.init), nextCursor: entries.count == limit ? entries.last?.id : nil)
        guard request.headers[.accept]?.contains("application/x-ndjson") == true else { return try .json(page) }
        return try lines(page, request)
    }

    private func lines(_ page: AuditPage, _ request: Request) throws -> Response {
        let encoder = JSONStreamEncoder(sortsKeys: true)
        var text = ""
        for entry in page.entries { text += String(decoding: try encoder.encode(entry), as: UTF8.self) + "\n" }
        var headers: HTTPFields = [.contentType: "application/x-ndjson", .cacheControl: "no-store"]
        // A reference of a query only keeps the path, whatever URL the service is reached by.
        if let next = page.nextCursor { headers[Self.link] = "<?\(request.query.setting("cursor", to: next))>; rel=\"next\"" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

private struct AuditPage: Codable {
    let entries: [AuditView]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case entries
        case nextCursor = "next_cursor"
    }
}
