import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/organisations/{id}/invitations` and `/invitations/accept`.
struct InvitationRoutes: Sendable {
    /// How long an invitation is valid.
    private static let lifetime = Duration.seconds(7 * 86_400)

    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .get, "/organisations/{id}/invitations", id: "listInvitations", tag: "organisations", "List the open invitations",
                access: .token, parameters: [.organisationID], responses: [.json(InvitationList.self, "The newest first.")],
                problems: .organisation, handler: list),
            Route(
                .post, "/organisations/{id}/invitations", id: "invite", tag: "organisations", "Invite someone",
                details: """
                    Only this response contains `token`: give it, or the link to the page with it, to the person whom you invite. It is \
                    valid for 7 days and one person; with `email`, for that address only. If the service sends mail, it also sends the \
                    link to that address, and `mailed` is true; an address gets at most one such message in 5 minutes. The invitation \
                    is valid only while its inviter may assign the role.
                    """, access: .token, parameters: [.organisationID],
                body: BodyDescription([.json(InvitationRequest.self)], "The role, and the address to invite."),
                responses: [.json(.created, InvitationView.self, "The invitation, with its token.")],
                problems: .organisation + .fields + [
                    DeclaredProblem(
                        .forbidden, "role_too_high",
                        "Only an owner can invite owners. An API key that is limited to networks or expires invites no one."),
                    DeclaredProblem(.invalid, "email_invalid", "The address is not valid."),
                    DeclaredProblem(.conflict, "too_many_invitations", "The organisation has 200 open invitations."),
                ] + Self.mailProblems, handler: create),
            Route(
                .post, "/organisations/{id}/invitations/{invitation}/renew", id: "renewInvitation", tag: "organisations",
                "Renew an invitation",
                details: """
                    The response contains a new `token`, valid for 7 days; the previous one is no longer valid. An invitation with an \
                    address is mailed again. The caller becomes the one who invites.
                    """,
                access: .token, parameters: [.organisationID, Self.id],
                responses: [.json(InvitationView.self, "The invitation, with its new token.")],
                problems: .organisation + [
                    DeclaredProblem(.forbidden, "role_too_high", "The caller may not invite people with this role.")
                ] + Self.mailProblems,
                handler: renew),
            Route(
                .delete, "/organisations/{id}/invitations/{invitation}", id: "revokeInvitation", tag: "organisations",
                "Revoke an invitation", access: .token, parameters: [.organisationID, Self.id],
                responses: [.empty(.noContent, "The invitation is no longer valid.")], problems: .organisation, handler: revoke),
            Route(
                .post, "/invitations/accept", id: "acceptInvitation", tag: "organisations", "Accept an invitation",
                details: "Someone without an account sends the token to `POST /register` instead.", access: .token,
                body: BodyDescription([.json(InvitationToken.self)], "The token."),
                responses: [.json(AcceptedInvitation.self, "The caller is a member; `POST /token` switches to the organisation.")],
                problems: [
                    .databaseUnavailable, .personRequired,
                    DeclaredProblem(
                        .notFound, "invitation_invalid",
                        """
                        The token is used, revoked, expired, for another address or for a deleted organisation, or its inviter may no longer \
                        assign the role.
                        """),
                    DeclaredProblem(.conflict, "already_member", "The caller is already a member."),
                    DeclaredProblem(.conflict, "too_many_members", "The organisation has 1,000 members."),
                ] + .fields, handler: accept),
        ]
    }

    private static let mailProblems: [DeclaredProblem] = [
        .mailThrottled, .mailBacklog, .organisationMailBacklog,
        DeclaredProblem(.throttled, "recipient_throttled", "The address has been sent an invitation within 5 minutes."),
    ]
    private static let id = ParameterDescription("invitation", in: .path, .string(), "The invitation.")

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let id = TenantID(try context.text("id"))
        _ = try await auth.role(of: caller, in: id, atLeast: .admin)
        let invitations = try await auth.store.invitations(of: id, at: caller.origin.at)
        return try .json(InvitationList(invitations: invitations.map { InvitationView($0) }))
    }

    @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let id = TenantID(try context.text("id"))
        let actor = try await auth.role(of: caller, in: id, atLeast: .admin)
        let body: InvitationRequest = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let role = try Role(named: body.role)
        try await auth.requireGiving(role, by: caller, actor)
        let now = caller.origin.at
        let email = try body.email.map { try EmailAddress($0.text).text }
        let (secret, mail) = try await auth.accounts.invitationSecret(to: email, of: id, for: Self.lifetime, from: caller.origin)
        let invitation = Invitation(
            id: UUIDv7.make(at: now), organisation: id, email: email, role: role,
            hash: secret.hash, invitedBy: caller.principal.user, createdAt: now, expiresAt: now + Self.lifetime)
        let detail = [invitation.email, role.rawValue].compactMap { $0 }.joined(separator: " ")
        try await auth.store.add(
            invitation, by: caller.person, mail: mail,
            audit: caller.audit(.invitationCreated, in: id, target: invitation.id, detail: detail))
        auth.accounts.outbox?.wake()
        return try .json(InvitationView(invitation, token: secret.text, isMailed: mail != nil), status: .created)
    }

    @Sendable private func renew(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let (id, name) = (TenantID(try context.text("id")), try context.text("invitation"))
        let actor = try await auth.role(of: caller, in: id, atLeast: .admin)
        let now = caller.origin.at
        guard var invitation = try await auth.store.invitations(of: id, at: now).first(where: { $0.id == name }) else {
            throw PixelFlowError.notFound("invitation")
        }
        try await auth.requireGiving(invitation.role, by: caller, actor)
        let (secret, mail) = try await auth.accounts.invitationSecret(
            to: invitation.email, of: id, for: Self.lifetime, from: caller.origin)
        (invitation.hash, invitation.expiresAt, invitation.invitedBy) = (secret.hash, now + Self.lifetime, caller.principal.user)
        let isRenewed = try await auth.store.renew(
            name, of: id, by: invitation.invitedBy, hash: secret.hash, until: invitation.expiresAt, mail: mail,
            audit: caller.audit(.invitationRenewed, in: id, target: name))
        guard isRenewed else { throw PixelFlowError.notFound("invitation") }
        auth.accounts.outbox?.wake()
        return try .json(InvitationView(invitation, token: secret.text, isMailed: mail != nil))
    }

    @Sendable private func revoke(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.caller(request, context)
        let (id, name) = (TenantID(try context.text("id")), try context.text("invitation"))
        _ = try await auth.role(of: caller, in: id, atLeast: .admin)
        let audit = caller.audit(.invitationRevoked, in: id, target: name)
        guard try await auth.store.revokeInvitation(name, of: id, audit: audit) else { throw PixelFlowError.notFound("invitation") }
        return Response(status: .noContent)
    }

    @Sendable private func accept(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let body: InvitationToken = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let (user, now) = (caller.principal.user, caller.origin.at)
        guard let secret = SecretToken(.invitation, parsing: body.token),
            let invitation = try await auth.store.invitation(hash: secret.hash, at: now),
            invitation.email == nil || invitation.email == caller.principal.email
        else { throw PixelFlowError.invitationInvalid }
        let audit = caller.audit(
            .memberJoined, in: invitation.organisation, target: user.rawValue, detail: invitation.role.rawValue)
        try await auth.store.accept(invitation, by: user, audit: audit, at: now)
        return try .json(AcceptedInvitation(organisation: invitation.organisation.rawValue, role: invitation.role.rawValue))
    }
}

/// The body of `POST …/invitations`.
private struct InvitationRequest: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "InvitationRequest"
    static let annotations: [String: SchemaAnnotation] = [
        "email": .init("The only address that may accept it; by default anyone who has the token.", ["format": "email", "maxLength": 254]),
        "role": .init("The role of the invited person.", schema: Role.schema),
    ]

    let email: AnyText?
    let role: String
}

/// The body of `POST /invitations/accept`.
private struct InvitationToken: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "InvitationToken"
    static let annotations: [String: SchemaAnnotation] = ["token": "The token of the invitation: `pf_invite_…`."]

    let token: String
}

private struct AcceptedInvitation: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "AcceptedInvitation"
    static let annotations: [String: SchemaAnnotation] = [
        "organisation": "The organisation that the caller has joined.", "role": .init("The role in it.", schema: Role.schema),
    ]

    let organisation: String
    let role: String
}

private struct InvitationList: Codable {
    let invitations: [InvitationView]
}

private struct InvitationView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Invitation"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the invitation.", "email": .init("The only address that may accept it.", ["format": "email"]),
        "role": .init("The role of the invited person.", schema: Role.schema),
        "invited_by": "The `user_id` of the person, or the id of the key, that has invited or renewed it last.",
        "created_at": .init("RFC 3339.", ["format": "date-time"]), "expires_at": .init("RFC 3339.", ["format": "date-time"]),
        "token": "Shown only when the invitation is created or renewed.",
        "mailed": "Shown with the token: whether a message with the link is on its way to the address.",
    ]

    let id: String
    let email: String?
    let role: String
    let invitedBy: String
    let createdAt: String
    let expiresAt: String
    let token: String?
    let mailed: Bool?

    init(_ invitation: Invitation, token: String? = nil, isMailed: Bool? = nil) {
        id = invitation.id
        email = invitation.email
        role = invitation.role.rawValue
        invitedBy = invitation.invitedBy.rawValue
        createdAt = invitation.createdAt.iso8601
        expiresAt = invitation.expiresAt.iso8601
        self.token = token
        mailed = isMailed
    }

    enum CodingKeys: String, CodingKey {
        case id, email, role, token, mailed
        case invitedBy = "invited_by"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }
}
