package import PixelFlowCore

/// A queued message: its kind and subject, not its text. The secret in its link is derived from the id.
package struct QueuedMail: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case invitation
        /// A requested password reset. Whether the address has an account is checked when it is sent.
        case passwordForgotten = "password_forgotten"
        case passwordReset = "password_reset"
        case verification
        /// PixelFlow has disabled a webhook of an organisation.
        case webhookDisabled = "webhook_disabled"
        /// An organisation has used a large part of a quota.
        case quotaWarning = "quota_warning"
        /// Tasks of a person have ended.
        case taskDigest = "task_digest"
        /// A batch of a person has completed.
        case batchCompleted = "batch_completed"
    }

    /// A UUIDv7.
    package var id: String
    package var kind: Kind
    /// The email address.
    package var recipient: String
    /// For a notice, the id of its audit entry or digest; otherwise empty.
    package var subject: String
    /// The organisation that it concerns; nil if it concerns an account only.
    package var organisation: TenantID?
    package var createdAt: Timestamp
    /// When the link expires.
    package var expiresAt: Timestamp
    /// Including the current attempt, once it is claimed.
    package var attempts: Int
    /// Incremented by each claim. Writes with an older epoch are rejected.
    package var epoch: Int64
    /// Whether an earlier claim ended without a recorded outcome: the message may have been sent.
    package var isDoubtful: Bool

    /// A message without any attempt so far.
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
