import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/organisations` and `/organisations/{id}`.
struct OrganisationRoutes: Sendable {
    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/organisations", id: "listOrganisations", tag: "organisations", "List the caller's organisations, the oldest first",
                details: "Deleted ones are listed until they can no longer be restored.", access: .token,
                responses: [.json(OrganisationList.self, "The organisations.")], problems: [.databaseUnavailable, .personRequired],
                handler: list),
            Route(
                .post, "/organisations", id: "createOrganisation", tag: "organisations", "Create an organisation",
                details: "The caller is its first owner. `POST /token` switches to it.", access: .token,
                body: BodyDescription([.json(OrganisationName.self)], "The name."),
                responses: [.json(.created, OrganisationView.self, "The organisation.")],
                problems: [
                    .databaseUnavailable, .personRequired,
                    DeclaredProblem(.conflict, "too_many_organisations", "The person is in 100 organisations."),
                ] + .fields, handler: create),
            Route(
                .get, "/organisations/{id}", id: "getOrganisation", tag: "organisations", "Read an organisation", access: .token,
                parameters: [.organisationID], responses: [.json(OrganisationView.self, "The organisation.")], problems: .organisation,
                handler: get),
            Route(
                .patch, "/organisations/{id}", id: "changeOrganisation", tag: "organisations", "Rename or restore an organisation",
                details: "An admin can rename it. An owner can restore a deleted one within 7 days, with `{\"deleted\": false}`.",
                access: .token,
                parameters: [.organisationID], body: BodyDescription([.json(OrganisationChange.self)], "What to change."),
                responses: [.json(OrganisationView.self, "The organisation.")],
                problems: .organisation + .fields + [
                    DeclaredProblem(
                        .conflict, "not_restorable", "It was deleted more than 7 days ago, or its last owner has deleted the account.")
                ], handler: change),
            Route(
                .delete, "/organisations/{id}", id: "deleteOrganisation", tag: "organisations", "Delete an organisation",
                details: "Deletes everything in it. Its tokens and keys are refused at once. For 7 days, an owner can restore it.",
                access: .token, parameters: [.organisationID, Self.confirmation.description],
                responses: [.empty(.noContent, "The organisation is deleted.")],
                problems: .organisation + [
                    DeclaredProblem(.conflict, "personal_organisation", "A personal organisation is deleted with its account only."),
                    DeclaredProblem(.invalid, "not_confirmed", "`name` is not the name of the organisation."),
                    DeclaredProblem(.invalid, "invalid_value", "`name` is too long."),
                ], handler: delete),
        ]
    }

    private static let confirmation = QueryParameter.text("name", maximumBytes: 400, "The name of the organisation, as a confirmation.")

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let memberships = try await auth.store.memberships(of: try auth.person(request, context).principal.user)
        return try .json(OrganisationList(organisations: memberships.map { OrganisationView($0.organisation, role: $0.role) }))
    }

    @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let body: OrganisationName = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let now = caller.origin.at
        let organisation = Organisation(id: TenantID(UUIDv7.make(at: now)), name: try body.checkedName(), createdAt: now)
        try await auth.store.create(
            organisation, owner: caller.principal.user,
            audit: caller.audit(.organisationCreated, in: organisation.id, detail: organisation.name))
        // Relative to the path of the request, which has a prefix if web has forwarded it.
        return try .json(
            OrganisationView(organisation, role: .owner), status: .created, headers: [.location: "organisations/\(organisation.id)"])
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let id = TenantID(try context.text("id"))
        let role = try await auth.role(of: caller, in: id, atLeast: .viewer, evenIfDeleted: true)
        return try await respond(id, role)
    }

    @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let id = TenantID(try context.text("id"))
        let role = try await auth.role(of: caller, in: id, atLeast: .admin, evenIfDeleted: true)
        let body: OrganisationChange = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let name = try body.name.map(OrganisationName.checked)
        if body.deleted == true {
            throw PixelFlowError.invalid("deleted", "deleted must be false; send DELETE to delete an organisation.")
        }
        let isDeleted = try await auth.store.organisation(id)?.deletedAt != nil
        if isDeleted, body.deleted != nil { _ = try await auth.role(of: caller, in: id, atLeast: .owner, evenIfDeleted: true) }
        try await auth.store.change(
            id, restoring: isDeleted && body.deleted != nil ? caller.audit(.organisationRestored, in: id) : nil,
            name: name.map { ($0, caller.audit(.organisationRenamed, in: id, detail: $0)) }, at: caller.origin.at)
        if isDeleted { await auth.verifier.refreshRevocations() }
        return try await respond(id, role)
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let id = TenantID(try context.text("id"))
        _ = try await auth.role(of: caller, in: id, atLeast: .owner)
        guard let organisation = try await auth.store.organisation(id) else { throw PixelFlowError.notFound("organisation") }
        guard organisation.personalOf == nil else {
            throw PixelFlowError(
                .conflict, code: "personal_organisation", "A personal organisation cannot be deleted; it is deleted with its account.")
        }
        guard try Self.confirmation.value(in: request.query) == organisation.name else {
            throw PixelFlowError(
                .invalid, code: "not_confirmed", "Repeat the name of the organisation as ?name=… to delete it.", field: "name")
        }
        let audit = caller.audit(.organisationDeleted, in: id, detail: organisation.name)
        _ = try await auth.store.setDeleted(true, id, audit: audit, at: caller.origin.at)
        await auth.verifier.refreshRevocations()
        return Response(status: .noContent)
    }

    private func respond(_ id: TenantID, _ role: Role) async throws -> Response {
        guard let organisation = try await auth.store.organisation(id) else { throw PixelFlowError.notFound("organisation") }
        return try .json(OrganisationView(organisation, role: role))
    }
}

/// The body of `POST /organisations`.
struct OrganisationName: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "OrganisationName"
    static let annotations: [String: SchemaAnnotation] = ["name": .init("1 to 100 characters.", ["minLength": 1, "maxLength": 100])]

    let name: String

    func checkedName() throws -> String { try Self.checked(name) }

    static func checked(_ name: String) throws -> String {
        // Invisible characters can make two different names look the same.
        let isPlain = name.isSingleLine && name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format }
        guard (1...100).contains(name.count), name.utf8.count <= 400, isPlain, name.contains(where: { !$0.isWhitespace }) else {
            throw PixelFlowError.invalid("name", "The name must be 1 to 100 visible characters.")
        }
        return name
    }
}

/// The body of `PATCH /organisations/{id}`.
private struct OrganisationChange: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "OrganisationChange"
    static let annotations: [String: SchemaAnnotation] = OrganisationName.annotations.merging(
        ["deleted": .init("False restores a deleted organisation.", ["const": false])], uniquingKeysWith: { $1 })

    let name: String?
    let deleted: Bool?
}

private struct OrganisationList: Codable {
    let organisations: [OrganisationView]
}

struct OrganisationView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Organisation"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the organisation; the `tenant` of tokens.", "name": "Its name, for people.",
        "personal": "Whether it is the personal organisation of an account.",
        "role": .init("The caller's role.", schema: Role.schema),
        "created_at": .init("RFC 3339.", ["format": "date-time"]),
        "deleted_at": .init("Set if it is deleted.", ["format": "date-time"]),
        "restorable_until": .init("Until when a deleted one can be restored.", ["format": "date-time"]),
    ]

    let id: String
    let name: String
    let personal: Bool
    let role: String
    let createdAt: String
    let deletedAt: String?
    let restorableUntil: String?

    init(_ organisation: Organisation, role: Role) {
        id = organisation.id.rawValue
        name = organisation.name
        personal = organisation.personalOf != nil
        self.role = role.rawValue
        createdAt = organisation.createdAt.iso8601
        deletedAt = organisation.deletedAt?.iso8601
        restorableUntil = organisation.deletedAt.map { ($0 + IdentityStore.restorePeriod).iso8601 }
    }

    enum CodingKeys: String, CodingKey {
        case id, name, personal, role
        case createdAt = "created_at"
        case deletedAt = "deleted_at"
        case restorableUntil = "restorable_until"
    }
}
