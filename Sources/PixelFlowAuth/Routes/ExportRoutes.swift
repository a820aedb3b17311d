import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// `/me/export`: all data that auth stores about a person.
struct ExportRoutes: Sendable {
    /// Maximum number of audit entries per organisation, newest first; `GET /audit` lists the rest.
    private static let auditLimit = 10_000

    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/me/export", id: "exportMe", tag: "accounts", "Export the data of the caller's account",
                details: """
                    The account, its organisations, its sessions, and the audit log of its actions in each organisation, at most the last \
                    \(Self.auditLimit) entries each. It does not contain tasks and their images: list them with `GET /api/tasks`.
                    """, access: .token, responses: [.json(AccountExport.self, "The export.")],
                problems: [.databaseUnavailable, .personRequired, AccountRoutes.gone], handler: export)
        ]
    }

    @Sendable private func export(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try auth.person(request, context).principal
        let user = try await auth.user(principal)
        var organisations: [ExportedOrganisation] = []
        for membership in try await auth.store.memberships(of: user.id) {
            let entries = try await auth.store.audit(
                of: membership.organisation.id, before: nil, .init(actor: user.id.rawValue), limit: Self.auditLimit)
            organisations.append(
                ExportedOrganisation(
                    organisation: OrganisationView(membership.organisation, role: membership.role), audit: entries.map(AuditView.init)))
        }
        let export = AccountExport(
            account: AccountView(user, principal, try await auth.store.secondFactor(of: user.id)), organisations: organisations,
            sessions: try await auth.store.sessions(of: user.id).map { SessionView($0, isCurrent: $0.id == principal.session) })
        return try .json(
            export, headers: [.cacheControl: "no-store", .contentDisposition: "attachment; filename=\"pixelflow-account.json\""])
    }
}

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
