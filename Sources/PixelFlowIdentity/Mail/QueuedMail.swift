package import PixelFlowCore

/// A message that waits to be sent: what it is about, never what it says. The secret in its link is derived from the id.
package struct QueuedMail: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case invitation
        /// Someone has asked for a reset; whether the address has an account shows when it is sent.
        case passwordForgotten = "password_forgotten"
        case passwordReset = "password_reset"
        case verification
        /// PixelFlow has disabled a webhook of an organisation.
        case webhookDisabled = "webhook_disabled"
        /// An organisation has used much of a quota.
        case quotaWarning = "quota_warning"
        /// Tasks of a person have ended.
        case taskDigest = "task_digest"
        /// A batch of a person is done.
        case batchCompleted = "batch_completed"
    }

    /// A UUIDv7.
    package var id: String
    package var kind: Kind
    /// An e-mail address.
    package var recipient: String
    /// Of a notice: the id of the audit entry or the digest that it tells of. Empty otherwise.
    package var subject: String
    /// Whose affair it is; nil for what concerns an account alone.
    package var organisation: TenantID?
    package var createdAt: Timestamp
    /// When the link is good for nothing any more.
    package var expiresAt: Timestamp
    /// This one included, once it is claimed.
    package var attempts: Int
    /// Raised by each claim; who has an older one decides nothing.
    package var epoch: Int64
    /// Whether an earlier sender claimed it and never said what became of it: it may have been sent.
    package var isDoubtful: Bool

    /// One that has not been tried yet.
    package init(
        id: String, kind: Kind, recipient: String, subject: String = "", organisation: TenantID? = nil, createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.init(
            id: id, kind: kind, recipient: recipient, subject: subject, organisation: organisation, createdAt: createdAt,
            expiresAt: expiresAt, attempts: 0, epoch: 0, isDoubtful: false)
    }

    init(
        id: String, kind: Kind, recipient: String, subject: String, organisation: TenantID?, createdAt: Timestamp, expiresAt: Timestamp,
        attempts: Int, epoch: Int64, isDoubtful: Bool
    ) {
        self.id = id
        self.kind = kind
        self.recipient = recipient
        self.subject = subject
        self.organisation = organisation
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.attempts = attempts
        self.epoch = epoch
        self.isDoubtful = isDoubtful
    }
}
