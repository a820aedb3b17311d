import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/operator/…`: all accounts and organisations, for operators.
struct OperatorRoutes: Sendable {
    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/operator/users", id: "operatorListUsers", tag: "operator", "List accounts in the order of their ids",
                access: .operator, parameters: [Self.limit.description, Self.cursor.description],
                responses: [.json(UserPage.self, "A page of accounts.")], problems: Self.listProblems, handler: users),
            Route(
                .post, "/operator/users", id: "operatorCreateUser", tag: "operator", "Create an account",
                details: "Works in every registration mode. The response contains a reset token, with which the person sets a password.",
                access: .operator, body: BodyDescription([.json(NewUser.self)], "The address."),
                responses: [.json(.created, CreatedUser.self, "The account, and a reset token.")],
                problems: [
                    .databaseUnavailable, DeclaredProblem(.conflict, "email_taken", "The address has an account."),
                    DeclaredProblem(.invalid, "email_invalid", "The address is not valid."),
                    DeclaredProblem(.unavailable, "registration_busy", "Too many registrations are in progress."),
                ] + .fields, handler: create),
            Route(
                .patch, "/operator/users/{id}", id: "operatorChangeUser", tag: "operator", "Disable or enable an account",
                details: """
                    Disabling ends its sessions within seconds, and has the API keys of its personal organisation and its invitations \
                    refused until the account is enabled.
                    """, access: .operator, parameters: [Self.userID],
                body: BodyDescription([.json(UserChange.self)], "What to change."),
                responses: [.json(OperatorUser.self, "The account.")],
                problems: [.databaseUnavailable, Self.userNotFound] + .fields, handler: change),
            Route(
                .post, "/operator/users/{id}/password-reset", id: "operatorResetPassword", tag: "operator", "Create a reset token",
                details: "For `POST /password/reset`; valid once, for an hour.", access: .operator, parameters: [Self.userID],
                responses: [.json(.created, ResetToken.self, "The token.")], problems: [.databaseUnavailable, Self.userNotFound],
                handler: reset),
            Route(
                .delete, "/operator/users/{id}/second-factor", id: "operatorRemoveSecondFactor", tag: "operator",
                "Turn the second factor of an account off", details: "For someone who has lost the app and the recovery codes.",
                access: .operator, parameters: [Self.userID], responses: [.empty(.noContent, "The second factor is off.")],
                problems: [.databaseUnavailable, Self.userNotFound], handler: removeSecondFactor),
            Route(
                .get, "/operator/organisations", id: "operatorListOrganisations", tag: "operator",
                "List organisations in the order of their ids", access: .operator,
                parameters: [Self.limit.description, Self.cursor.description],
                responses: [.json(OrganisationPage.self, "A page of organisations.")], problems: Self.listProblems,
                handler: organisations),
            Route(
                .patch, "/operator/organisations/{id}", id: "operatorChangeOrganisation", tag: "operator",
                "Delete or restore an organisation", access: .operator, parameters: [.organisationID],
                body: BodyDescription([.json(DeletionChange.self)], "What to change."),
                responses: [.empty(.noContent, "The change has been made.")],
                problems: [.databaseUnavailable, .organisationNotFound] + .fields, handler: changeOrganisation),
            Route(
                .get, "/operator/organisations/{id}/members", id: "operatorListMembers", tag: "operator", "List the members",
                access: .operator, parameters: [.organisationID], responses: [.json(MemberList.self, "The members.")],
                problems: [.databaseUnavailable], handler: members),
        ]
    }

    private static let userID = ParameterDescription("id", in: .path, .string(), "The account.")
    private static let userNotFound = DeclaredProblem(.notFound, "not_found", "There is no such account.")
    private static let listProblems = [
        DeclaredProblem.databaseUnavailable, .invalidParameter,
    ]
    private static let limit = QueryParameter.integer("limit", 1...1_000, default: 100, "Entries on a page.")
    private static let cursor = QueryParameter.text("cursor", maximumBytes: 64, "The `next_cursor` of the previous page.")

    @Sendable private func users(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let limit = try Self.limit.value(in: request.query) ?? 100
        let users = try await auth.store.users(after: try Self.cursor.value(in: request.query).map { UserID($0) }, limit: limit)
        return try .json(UserPage(users: users.map(OperatorUser.init), nextCursor: users.count == limit ? users.last?.id.rawValue : nil))
    }

    @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: NewUser = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let origin = auth.origin(request, context)
        let user = try await auth.accounts.create(email: body.email.text, from: origin)
        let secret = try await auth.accounts.makeReset(for: user, at: origin.at)
        return try .json(CreatedUser(OperatorUser(user), resetToken: secret.text), status: .created)
    }

    @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: UserChange = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let origin = auth.origin(request, context)
        let user = try await user(context)
        let audit = origin.audit(
            body.disabled ? .userDisabled : .userEnabled, in: user.tenant, by: .operator, target: user.id.rawValue, detail: user.email)
        _ = try await auth.store.setDisabled(body.disabled, user.id, audit: audit, at: origin.at)
        await auth.verifier.refreshRevocations()
        return try .json(OperatorUser(try await self.user(context)))
    }

    @Sendable private func reset(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let secret = try await auth.accounts.makeReset(for: try await user(context), at: auth.clock.now())
        return try .json(ResetToken(resetToken: secret.text), status: .created)
    }

    @Sendable private func removeSecondFactor(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let user = try await user(context)
        let audit = auth.origin(request, context).audit(
            .secondFactorOff, in: user.tenant, by: .operator, target: user.id.rawValue, detail: user.email)
        try await auth.store.removeSecondFactor(of: user.id, audit: audit)
        return Response(status: .noContent)
    }

    @Sendable private func organisations(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let limit = try Self.limit.value(in: request.query) ?? 100
        let all = try await auth.store.organisations(after: try Self.cursor.value(in: request.query).map { TenantID($0) }, limit: limit)
        return try .json(
            OrganisationPage(
                organisations: all.map(OperatorOrganisation.init), nextCursor: all.count == limit ? all.last?.id.rawValue : nil))
    }

    @Sendable private func changeOrganisation(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: DeletionChange = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let origin = auth.origin(request, context)
        let id = TenantID(try context.text("id"))
        let audit = origin.audit(body.deleted ? .organisationDeleted : .organisationRestored, in: id, by: .operator)
        guard try await auth.store.setDeleted(body.deleted, id, audit: audit, at: origin.at) else {
            throw PixelFlowError.notFound("organisation")
        }
        await auth.verifier.refreshRevocations()
        return Response(status: .noContent)
    }

    @Sendable private func members(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(MemberList(members: try await auth.store.members(of: TenantID(try context.text("id"))).map(MemberView.init)))
    }

    private func user(_ context: AppRequestContext) async throws -> User {
        guard let user = try await auth.store.user(UserID(try context.text("id"))) else { throw PixelFlowError.notFound("user") }
        return user
    }
}

private struct NewUser: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "NewUser"
    static let annotations: [String: SchemaAnnotation] = [
        "email": .init("The address of the account.", ["format": "email", "maxLength": 254])
    ]

    let email: AnyText
}

private struct UserChange: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "UserChange"
    static let annotations: [String: SchemaAnnotation] = ["disabled": "Whether the account is disabled."]

    let disabled: Bool
}

private struct DeletionChange: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "DeletionChange"
    static let annotations: [String: SchemaAnnotation] = ["deleted": "True deletes; false restores, within 7 days."]

    let deleted: Bool
}

private struct ResetToken: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "ResetToken"
    static let annotations: [String: SchemaAnnotation] = ["reset_token": "`pf_reset_…`, shown only once."]

    let resetToken: String

    enum CodingKeys: String, CodingKey {
        case resetToken = "reset_token"
    }
}

private struct UserPage: Codable {
    let users: [OperatorUser]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case users
        case nextCursor = "next_cursor"
    }
}

private struct CreatedUser: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "CreatedUser"
    static let annotations: [String: SchemaAnnotation] = ["user": "The account.", "reset_token": "`pf_reset_…`, shown only once."]

    let user: OperatorUser
    let resetToken: String

    init(_ user: OperatorUser, resetToken: String) {
        self.user = user
        self.resetToken = resetToken
    }

    enum CodingKeys: String, CodingKey {
        case user
        case resetToken = "reset_token"
    }
}

private struct OperatorUser: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "User"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the account.", "email": .init("Its address.", ["format": "email"]), "tenant": "Its personal organisation.",
        "disabled": "Whether the account is disabled.", "created_at": .init("RFC 3339.", ["format": "date-time"]),
    ]

    let id: String
    let email: String
    let tenant: String
    let disabled: Bool
    let createdAt: String

    init(_ user: User) {
        id = user.id.rawValue
        email = user.email
        tenant = user.tenant.rawValue
        disabled = user.disabledAt != nil
        createdAt = user.createdAt.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case id, email, tenant, disabled
        case createdAt = "created_at"
    }
}

private struct OrganisationPage: Codable {
    let organisations: [OperatorOrganisation]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case organisations
        case nextCursor = "next_cursor"
    }
}

private struct OperatorOrganisation: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "OperatorOrganisation"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the organisation.", "name": "Its name, for people.",
        "personal_of": "The account whose personal organisation it is; absent for others.",
        "created_at": .init("RFC 3339.", ["format": "date-time"]),
        "deleted_at": .init("Set if it is deleted.", ["format": "date-time"]),
    ]

    let id: String
    let name: String
    let personalOf: String?
    let createdAt: String
    let deletedAt: String?

    init(_ organisation: Organisation) {
        id = organisation.id.rawValue
        name = organisation.name
        personalOf = organisation.personalOf?.rawValue
        createdAt = organisation.createdAt.iso8601
        deletedAt = organisation.deletedAt?.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case id, name
        case personalOf = "personal_of"
        case createdAt = "created_at"
        case deletedAt = "deleted_at"
    }
}
