import Hummingbird
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// `/me/export`: all that auth knows of a person.
///
/// The audit log is written as it is read, because that of all organisations of a person may have hundreds of thousands of entries.
struct ExportRoutes: Sendable {
    /// Maximum number of audit entries per organisation, newest first; `GET /audit` lists the rest.
    private static let auditLimit = 10_000
    /// How many of them are read at a time.
    private static let pageLength = 500

    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/me/export", id: "exportMe", tag: "accounts", "Export the data of the caller's account",
                details: """
                    The account, its organisations, its sessions, and what it did in each organisation by the audit log, at most the last \
                    \(Self.auditLimit) entries each. Tasks and their pictures are not in it: list them with `GET /api/tasks`. The response \
                    breaks off if the database fails in between.
                    """, access: .token, rate: .of(.heavy), responses: [.json(AccountExport.self, "The export.")],
                problems: [.databaseUnavailable, .personRequired, AccountRoutes.gone], handler: export)
        ]
    }

    @Sendable private func export(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try auth.person(request, context).principal
        let user = try await auth.user(principal)
        let memberships = try await auth.store.memberships(of: user.id)
        let account = try ByteBuffer(json: AccountView(user, principal, try await auth.store.secondFactor(of: user.id)))
        let sessions = try ByteBuffer(
            json: try await auth.store.sessions(of: user.id).map { SessionView($0, isCurrent: $0.id == principal.session) })
        let isHead = request.method == .head
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/json", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"pixelflow-account.json\"",
            ],
            body: ResponseBody { writer in
                if !isHead {
                    try await writer.write("{\"account\":", account, ",\"organisations\":[")
                    for (index, membership) in memberships.enumerated() {
                        try await writer.write(index == 0 ? "{\"audit\":[" : ",{\"audit\":[")
                        try await write(auditOf: user.id, in: membership.organisation.id, to: &writer)
                        let view = OrganisationView(membership.organisation, role: membership.role)
                        try await writer.write("],\"organisation\":", try ByteBuffer(json: view), "}")
                    }
                    try await writer.write("],\"sessions\":", sessions, "}")
                }
                try await writer.finish(nil)
            })
    }

    /// Writes the entries of an organisation, without the brackets of the array.
    private func write(
        auditOf user: UserID, in organisation: TenantID, to writer: inout any ResponseBodyWriter
    ) async throws {
        var (last, written): (String?, Int) = (nil, 0)
        while written < Self.auditLimit {
            let limit = min(Self.pageLength, Self.auditLimit - written)
            let page = try await auth.store.audit(of: organisation, before: last, .init(actor: user.rawValue), limit: limit)
            var piece = ByteBuffer()
            for entry in page {
                if written > 0 { piece.writeString(",") }
                piece.writeImmutableBuffer(try ByteBuffer(json: AuditView(entry)))
                written += 1
            }
            try await writer.write(piece)
            guard page.count == limit else { return }
            last = page.last?.id
        }
    }
}

extension ResponseBodyWriter {
    /// Writes a text and JSON that follows it.
    fileprivate mutating func write(_ start: String, _ json: ByteBuffer = ByteBuffer(), _ end: String = "") async throws {
        var piece = ByteBuffer(string: start)
        piece.writeImmutableBuffer(json)
        piece.writeString(end)
        try await write(piece)
    }
}

/// The response, which is written piece by piece in this form.
private struct AccountExport: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "AccountExport"
    static let annotations: [String: SchemaAnnotation] = [
        "account": "The account.", "organisations": "The organisations of which the account is a member.",
        "sessions": "The sessions of the account.",
    ]

    let account: AccountView
    let organisations: [ExportedOrganisation]
    let sessions: [SessionView]
}

private struct ExportedOrganisation: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "ExportedOrganisation"
    static let annotations: [String: SchemaAnnotation] = [
        "organisation": "The organisation, and the role in it.", "audit": "What the account did in it.",
    ]

    let organisation: OrganisationView
    let audit: [AuditView]
}
