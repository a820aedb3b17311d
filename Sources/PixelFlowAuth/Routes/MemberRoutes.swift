import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/organisations/{id}/members`.
struct MemberRoutes: Sendable {
    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/organisations/{id}/members", id: "listMembers", tag: "organisations", "List the members",
                details: "An API key needs the scope `organisation:admin`.", access: .token,
                parameters: [.organisationID], responses: [.json(MemberList.self, "The members.")], problems: .organisation,
                handler: list),
            Route(
                .patch, "/organisations/{id}/members/{user}", id: "changeMember", tag: "organisations", "Change the role of a member",
                details:
                    "An admin can assign the roles up to admin, an owner every role. Tokens with the old role are refused within seconds.",
                access: .token, parameters: [.organisationID, Self.user],
                body: BodyDescription([.json(RoleChange.self)], "The role."), responses: [.json(MemberView.self, "The member.")],
                problems: .organisation + .fields + Self.changeProblems, handler: change),
            Route(
                .delete, "/organisations/{id}/members/{user}", id: "removeMember", tag: "organisations", "Remove a member, or leave",
                details: "The member's tokens for the organisation are refused within seconds.", access: .token,
                parameters: [.organisationID, Self.user], responses: [.empty(.noContent, "The person is no longer a member.")],
                problems: .organisation + Self.changeProblems, handler: remove),
        ]
    }

    private static let user = ParameterDescription("user", in: .path, .string(), "The `user_id` of the member.")
    private static let changeProblems = [
        DeclaredProblem(
            .forbidden, "role_too_high",
            "Only an owner can grant or revoke the role owner. An API key that is limited to networks or expires can only lower roles."),
        DeclaredProblem(.conflict, "last_owner", "The organisation would be without an owner."),
        DeclaredProblem(
            .conflict, "personal_organisation", "A person cannot leave their personal organisation, or have another role in it."),
    ]

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let (id, caller) = (TenantID(try context.text("id")), try auth.caller(request, context))
        // A key for tasks has no use for the names and addresses of people.
        _ = try await auth.role(of: caller, in: id, atLeast: caller.person == nil ? .admin : .viewer)
        return try .json(MemberList(members: try await auth.store.members(of: id).map(MemberView.init)))
    }

    @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let (id, user) = (TenantID(try context.text("id")), UserID(try context.text("user")))
        let actor = try await auth.role(of: caller, in: id, atLeast: .admin)
        let body: RoleChange = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let role = try Role(named: body.role)
        let mayRaise = try await auth.mayRaise(to: role, by: caller, actor)
        let audit = caller.audit(.roleChanged, in: id, target: user.rawValue, detail: role.rawValue)
        guard
            try await auth.store.changeRole(
                of: user, in: id, to: role, by: actor, mayRaise: mayRaise, audit: audit, at: caller.origin.at) != nil,
            let member = try await auth.store.members(of: id).first(where: { $0.user == user })
        else { throw PixelFlowError.notFound("member") }
        await auth.verifier.refreshRevocations()
        return try .json(MemberView(member))
    }

    @Sendable private func remove(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let (id, user) = (TenantID(try context.text("id")), UserID(try context.text("user")))
        let isLeaving = user == caller.principal.user
        let actor = try await auth.role(of: caller, in: id, atLeast: isLeaving ? .viewer : .admin)
        let audit = caller.audit(isLeaving ? .memberLeft : .memberRemoved, in: id, target: user.rawValue)
        let hasEnded = try await auth.store.removeMember(
            user, from: id, by: isLeaving ? nil : actor, audit: audit, at: caller.origin.at)
        guard hasEnded else { throw PixelFlowError.notFound("member") }
        await auth.verifier.refreshRevocations()
        return Response(status: .noContent)
    }
}

extension Role {
    /// - Throws: `invalid_value` (422).
    init(named name: String, field: String = "role") throws(PixelFlowError) {
        guard let role = Role(rawValue: name) else {
            throw .invalid(field, "\(field) must be one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        self = role
    }

    static let schema: JSONSchema = .choice(allCases.map(\.rawValue))
}

/// The body of `PATCH …/members/{user}`.
private struct RoleChange: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "RoleChange"
    static let annotations: [String: SchemaAnnotation] = ["role": .init("The new role.", schema: Role.schema)]

    let role: String
}

struct MemberList: Codable {
    let members: [MemberView]
}

struct MemberView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Member"
    static let annotations: [String: SchemaAnnotation] = [
        "user_id": "The id of the account.", "email": .init("The address of the account.", ["format": "email"]),
        "role": .init("The role.", schema: Role.schema), "since": .init("RFC 3339.", ["format": "date-time"]),
    ]

    let userID: String
    let email: String
    let role: String
    let since: String

    init(_ member: Member) {
        userID = member.user.rawValue
        email = member.email
        role = member.role.rawValue
        since = member.since.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case email, role, since
        case userID = "user_id"
    }
}
