package import PixelFlowCore

/// Mail about audit entries, to the members concerned.
extension IdentityStore {
    /// Maximum number of recipients of one notice; the longest-standing members come first.
    package static let noticeRecipients = 50

    /// What `append` did about mail.
    package struct NoticeCount: Sendable, Hashable {
        /// Messages queued.
        package var queued = 0
        /// Messages dropped because the outbox was full.
        package var dropped = 0
    }

    /// The subject of a notice, and its recipient.
    package struct Notice: Sendable {
        package let entry: AuditEntry
        package let organisation: Organisation
        package let user: UserID
    }

    private static let isKnown = SQLStatement(
        "audit_target_is_known",
        "SELECT count(*) FROM audit_log WHERE organisation = $1 AND action = $2 AND target = $3 AND id <> $4")
    private static let recipients = SQLStatement(
        "notice_recipients",
        """
        SELECT u.id, u.email FROM memberships m
        JOIN users u ON u.id = m.user_id
        JOIN organisations o ON o.id = m.organisation
        WHERE m.organisation = $1 AND o.deleted_at = 0 AND u.disabled_at = 0 AND u.mail_refused_at = 0
        AND (m.role = 'owner' OR m.role = $2)
        AND NOT EXISTS (
            SELECT 1 FROM muted_notices x WHERE x.organisation = m.organisation AND x.user_id = m.user_id AND x.kind = $3)
        AND ($4 = '' OR u.email = $4)
        ORDER BY m.created_at, m.user_id LIMIT $5
        """)
    private static let find = SQLStatement(
        "audit_entry",
        """
        SELECT id, organisation, at, actor, actor_name, action, target, detail, address, request_id, quota FROM audit_log
        WHERE id = $1
        """)

    /// Adds entries atomically and queues their notices in the same transaction. An entry that already exists is left unchanged and causes
    /// no second notice; nor does a quota warning whose target already exists, because several services may report it.
    ///
    /// - Parameter lifetime: how long a notice may wait to be sent; nil if no mail is sent.
    package func append(_ entries: [AuditEntry], mailingFor lifetime: Duration?, at now: Timestamp) async throws -> NoticeCount {
        try await database.write(.audit) { connection in
            // Sorted, so that two concurrent calls with the same entries take their locks in the same order and cannot deadlock.
            let sorted = entries.sorted { $0.id < $1.id }
            for id in Set(sorted.filter(\.isOncePerTarget).map(\.organisation)).sorted() { try Self.lock(id, connection) }
            var count = NoticeCount()
            for entry in sorted {
                if entry.isOncePerTarget, try Self.isKnown(entry, connection) { continue }
                guard try Self.append(entry, connection), let lifetime, let kind = QueuedMail.Kind(reporting: entry.action) else {
                    continue
                }
                for (_, address) in try Self.recipients(of: kind, in: entry.organisation, connection) {
                    guard try Self.refusal(of: entry.organisation, connection) == nil else {
                        count.dropped += 1
                        continue
                    }
                    let mail = QueuedMail(
                        id: UUIDv7.make(at: now), kind: kind, recipient: address, subject: entry.id, organisation: entry.organisation,
                        createdAt: now, expiresAt: now + lifetime)
                    try Self.queue(mail, connection)
                    count.queued += 1
                }
            }
            return count
        }
    }

    /// The content of a notice; nil if it is obsolete.
    package func notice(of mail: QueuedMail) async throws -> Notice? {
        try await database.read(.mail) { connection in
            guard let entry = try connection.rows(Self.find, .text(mail.subject), map: Self.entry).compactMap(\.self).first,
                let user = try Self.recipients(of: mail.kind, in: entry.organisation, address: mail.recipient, connection).first?.id,
                let organisation = try Self.membership(of: user, in: entry.organisation, connection)?.organisation
            else { return nil }
            return Notice(entry: entry, organisation: organisation, user: user)
        }
    }

    private static func isKnown(_ entry: AuditEntry, _ connection: any SQLConnection) throws -> Bool {
        try connection.count(
            isKnown, .id(entry.organisation), .text(entry.action.rawValue), .text(entry.target), .text(entry.id)) > 0
    }

    private static func recipients(
        of kind: QueuedMail.Kind, in organisation: TenantID, address: String = "", _ connection: any SQLConnection
    ) throws -> [(id: UserID, address: String)] {
        try connection.rows(
            recipients, .id(organisation), .text((kind.concernsAdmins ? Role.admin : .owner).rawValue), .text(kind.rawValue),
            .text(address),
            .number(noticeRecipients)
        ) { (id: UserID($0.text(0)), address: $0.text(1)) }
    }
}

extension QueuedMail.Kind {
    /// Whether it is about an event in an organisation. Recipients can unsubscribe from such messages.
    package var isNotice: Bool {
        switch self {
        case .webhookDisabled, .quotaWarning, .taskDigest, .batchCompleted: true
        case .invitation, .passwordForgotten, .passwordReset, .verification: false
        }
    }

    /// Whether it is about the recipient's own tasks, as chosen by `TaskMail`.
    package var isAboutTasks: Bool { self == .taskDigest || self == .batchCompleted }

    /// Whether admins get it in addition to owners.
    fileprivate var concernsAdmins: Bool { self == .quotaWarning }

    /// The kind of notice for an action; nil if the action causes none.
    init?(reporting action: AuditAction) {
        switch action {
        case .webhookDisabled: self = .webhookDisabled
        case .quotaWarning: self = .quotaWarning
        default: return nil
        }
    }
}

extension AuditEntry {
    /// Whether the target identifies the event, and not only its object.
    fileprivate var isOncePerTarget: Bool { action == .quotaWarning }
}
