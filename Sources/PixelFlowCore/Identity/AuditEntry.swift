/// An action on an organisation or in it.
package struct AuditEntry: Sendable, Hashable, Codable {
    /// Marks an entry whose action may or may not have happened.
    package static let unknownOutcome = "outcome unknown"

    /// A UUIDv7, so that ids sort by time.
    package var id: String
    package var organisation: TenantID
    package var at: Timestamp
    /// The id of a user or a key; empty for an operator and for PixelFlow itself.
    package var actor: String
    /// The address of the user, the name of the key, `operator` or `pixelflow`.
    package var actorName: String
    package var action: AuditAction
    /// The object of the action: the id of a user, a key, an invitation, a preset…
    package var target: String
    /// A detail for people: an address, a role, a name.
    package var detail: String
    /// The address of the client.
    package var address: String
    package var requestID: String
    /// The data of a `quotaWarning` entry, for clients with their own wording. Nil in entries of older releases.
    package var quota: QuotaWarning?

    package init(
        id: String, organisation: TenantID, at: Timestamp, actor: String, actorName: String, action: AuditAction, target: String = "",
        detail: String = "", address: String = "", requestID: String = "",
        quota: QuotaWarning? = nil
    ) {
        self.id = id
        self.organisation = organisation
        self.at = at
        self.actor = actor
        self.actorName = actorName
        self.action = action
        self.target = target
        self.detail = detail
        self.address = address
        self.requestID = requestID
        self.quota = quota
    }
}

/// The actions in the audit log.
package enum AuditAction: String, Sendable, Codable, CaseIterable {
    case userRegistered = "user.registered"
    case signedIn = "session.started"
    case signInFailed = "session.refused"
    case signedOut = "session.ended"
    case tokenReused = "session.token_reused"
    case passwordChanged = "user.password_changed"
    case emailVerified = "user.email_verified"
    case secondFactorOn = "user.second_factor_on"
    case secondFactorOff = "user.second_factor_off"
    case userDeleted = "user.deleted"
    case userDisabled = "user.disabled"
    case userEnabled = "user.enabled"
    case organisationCreated = "organisation.created"
    case organisationRenamed = "organisation.renamed"
    case organisationDeleted = "organisation.deleted"
    case organisationRestored = "organisation.restored"
    case memberJoined = "member.joined"
    case roleChanged = "member.role_changed"
    case memberRemoved = "member.removed"
    case memberLeft = "member.left"
    case invitationCreated = "invitation.created"
    case invitationRenewed = "invitation.renewed"
    case invitationRevoked = "invitation.revoked"
    case keyCreated = "key.created"
    case keyRevoked = "key.revoked"
    case presetSaved = "preset.saved"
    case presetDeleted = "preset.deleted"
    case taskDeleted = "task.deleted"
    /// Many at a time, by PixelFlow itself.
    case tasksDeleted = "tasks.deleted"
    case presetsDeleted = "presets.deleted"
    case quotaChanged = "quota.changed"
    case webhookCreated = "webhook.created"
    case webhookChanged = "webhook.changed"
    case webhookDeleted = "webhook.deleted"
    /// By PixelFlow itself, because of the responses of the endpoint.
    case webhookDisabled = "webhook.disabled"
    /// Usage has reached a threshold of a quota; at most once per threshold and month.
    case quotaWarning = "quota.warning"
}

/// The originator of an action.
package struct AuditActor: Sendable, Hashable {
    /// Empty for an operator and for PixelFlow itself.
    package let id: String
    package let name: String

    package static let `operator` = AuditActor(id: "", name: "operator")
    /// For actions that follow from a rule rather than a request.
    package static let service = AuditActor(id: "", name: "pixelflow")

    package init(_ principal: Principal) { self.init(id: principal.user.rawValue, name: principal.email) }

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}
