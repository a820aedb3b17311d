/// One thing that was done to an organisation or in it.
package struct AuditEntry: Sendable, Hashable, Codable {
    /// Says in an entry that its act may or may not have happened.
    package static let unknownOutcome = "outcome unknown"

    /// A UUIDv7: the order of the ids is that of the times.
    package var id: String
    package var organisation: TenantID
    package var at: Timestamp
    /// A user, a key, or empty for an operator and for PixelFlow itself.
    package var actor: String
    /// The address of the user, the name of the key, `operator` or `pixelflow`.
    package var actorName: String
    package var action: AuditAction
    /// What it was done to: the id of a user, a key, an invitation, a preset…
    package var target: String
    /// In words for people: an address, a role, a name.
    package var detail: String
    /// The address of the client.
    package var address: String
    package var requestID: String
    /// What an entry of `quotaWarning` tells of, for those who put it into words of their own. Entries of older releases have none.
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

/// What an entry of the audit log tells of.
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
    /// Many at once, by PixelFlow itself.
    case tasksDeleted = "tasks.deleted"
    case presetsDeleted = "presets.deleted"
    case quotaChanged = "quota.changed"
    case webhookCreated = "webhook.created"
    case webhookChanged = "webhook.changed"
    case webhookDeleted = "webhook.deleted"
    /// By PixelFlow itself, because of the endpoint's answers.
    case webhookDisabled = "webhook.disabled"
    /// Much of a quota is used; once a threshold and month.
    case quotaWarning = "quota.warning"
}

/// Who has done something.
package struct AuditActor: Sendable, Hashable {
    /// Empty for an operator and for PixelFlow itself.
    package let id: String
    package let name: String

    package static let `operator` = AuditActor(id: "", name: "operator")
    /// What happens by a rule and not by a request.
    package static let service = AuditActor(id: "", name: "pixelflow")

    package init(_ principal: Principal) { self.init(id: principal.user.rawValue, name: principal.email) }

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}
