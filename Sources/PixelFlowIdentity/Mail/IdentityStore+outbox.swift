package import PixelFlowCore

/// The mail outbox. Any number of senders can share it: each claims due messages for the time of a lease.
extension IdentityStore {
    /// Maximum number of queued messages; far more than accumulate while the server is down for a day.
    package static let mailLimit = 10_000
    /// Messages of organisations are refused beyond this number, so that there is always room for those about registrations and passwords.
    package static let organisationsMailLimit = mailLimit / 2
    /// Maximum number of queued messages per organisation: far more than its open invitations, and few enough to leave room for others.
    package static let mailLimitOfOrganisation = 500

    private static let insert = SQLStatement(
        "queue_mail",
        """
        INSERT INTO mail_outbox
            (id, kind, recipient, subject, created_at, expires_at, attempts, epoch, lease_until, next_attempt_at, organisation)
        VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7, $8) ON CONFLICT (id) DO NOTHING
        """)
    /// `$3` lists the kinds with the lowest priority, `$4` all kinds that this version supports, separated and enclosed by commas. Other
    /// kinds are left to the newer version that queued them.
    private static let due = SQLStatement(
        "due_mail",
        """
        SELECT id, kind, recipient, subject, created_at, expires_at, attempts, epoch, lease_until, organisation FROM mail_outbox
        WHERE next_attempt_at <= $1 AND lease_until <= $1 AND $4 LIKE '%,' || kind || ',%'
        ORDER BY CASE WHEN $3 LIKE '%,' || kind || ',%' THEN 1 ELSE 0 END, next_attempt_at, id LIMIT $2
        """)
    private static let lastKinds = list(QueuedMail.Kind.allCases.filter(\.isAboutTasks))
    private static let knownKinds = list(QueuedMail.Kind.allCases)
    private static let claim = SQLStatement(
        "claim_mail",
        "UPDATE mail_outbox SET attempts = attempts + 1, epoch = epoch + 1, lease_until = $3 WHERE id = $1 AND epoch = $2")
    private static let postpone = SQLStatement(
        "postpone_mail", "UPDATE mail_outbox SET lease_until = 0, next_attempt_at = $3 WHERE id = $1 AND epoch = $2")
    private static let remove = SQLStatement("remove_mail", "DELETE FROM mail_outbox WHERE id = $1 AND epoch = $2")
    private static let count = SQLStatement("count_mail", "SELECT count(*) FROM mail_outbox")
    private static let countOf = SQLStatement(
        "count_mail_of_organisation", "SELECT count(*) FROM mail_outbox WHERE organisation = $1")

    private static func list(_ kinds: [QueuedMail.Kind]) -> String { "," + kinds.map { $0.rawValue + "," }.joined() }

    /// Queues a message in a transaction of its own.
    ///
    /// - Throws: `mail_backlog` (503) if too many wait; `organisation_mail_backlog` (429) if too many of the organisation do.
    package func queue(_ mail: QueuedMail) async throws {
        try await database.write(.mail) { try Self.queue(mail, $0) }
    }

    /// Queues a message in the transaction that causes it.
    static func queue(_ mail: QueuedMail, _ connection: any SQLConnection) throws {
        if let refusal = try refusal(of: mail.organisation, connection) { throw refusal }
        let values: [SQLValue] = [
            .text(mail.id), .text(mail.kind.rawValue), .text(mail.recipient), .text(mail.subject), .time(mail.createdAt),
            .time(mail.expiresAt), .time(mail.createdAt), .text(mail.organisation?.rawValue ?? ""),
        ]
        try connection.execute(insert, values, read: { _ in })
    }

    /// The error for a full outbox, for a message of an organisation, or of an account if nil; nil if there is room.
    static func refusal(of organisation: TenantID?, _ connection: any SQLConnection) throws -> PixelFlowError? {
        let waiting = try connection.count(count)
        guard let organisation else { return waiting < mailLimit ? nil : .mailBacklog }
        guard waiting < organisationsMailLimit else { return .mailBacklog }
        guard waiting >= mailLimitOfOrganisation else { return nil }
        return try connection.count(countOf, .id(organisation)) < mailLimitOfOrganisation ? nil : .organisationMailBacklog
    }

    /// Claims due messages in the order of their due times, those about tasks last. If the response to a claim is lost, the messages are
    /// claimed again after the lease and marked as doubtful. Returns none while a backup is being restored.
    ///
    /// - Parameter lease: the time after which another sender can claim them.
    package func claimMail(at now: Timestamp, lease: Duration, limit: Int) async throws -> [QueuedMail] {
        try await database.write(.mail) { connection in
            // The subject of a message may not have been restored yet, and the message would be discarded as obsolete.
            guard try Self.restoring(connection) == nil else { return [] }
            var found: [QueuedMail] = []
            try connection.execute(Self.due, [.time(now), .number(limit), .text(Self.lastKinds), .text(Self.knownKinds)]) { row in
                if let mail = Self.mail(row) { found.append(mail) }
            }
            return try found.compactMap { mail in
                guard try connection.execute(Self.claim, .text(mail.id), .integer(mail.epoch), .time(now + lease)) == 1 else { return nil }
                var claimed = mail
                claimed.attempts += 1
                claimed.epoch += 1
                return claimed
            }
        }
    }

    /// Releases a message until its next attempt.
    ///
    /// - Returns: false if the claim has been superseded.
    @discardableResult
    package func postpone(_ mail: QueuedMail, until next: Timestamp) async throws -> Bool {
        try await database.write(.mail) { try $0.execute(Self.postpone, .text(mail.id), .integer(mail.epoch), .time(next)) == 1 }
    }

    /// Removes a message that was sent or will not be sent.
    ///
    /// - Parameter mailbox: what the attempt has revealed about the recipient's mailbox; nil for nothing.
    /// - Returns: false if the claim has been superseded.
    @discardableResult
    package func remove(_ mail: QueuedMail, mailbox: MailboxState? = nil) async throws -> Bool {
        try await database.write(.mail) { connection in
            if let mailbox { try Self.note(mailbox, of: mail.recipient, connection) }
            return try Self.remove(mail, connection)
        }
    }

    @discardableResult
    static func remove(_ mail: QueuedMail, _ connection: any SQLConnection) throws -> Bool {
        try connection.execute(remove, .text(mail.id), .integer(mail.epoch)) == 1
    }

    /// The number of queued messages.
    package func mailBacklog() async throws -> Int { try await database.read(.mail) { try $0.count(Self.count) } }

    /// Nil for a kind that only a newer release supports.
    private static func mail(_ row: any SQLRow) -> QueuedMail? {
        guard let kind = QueuedMail.Kind(rawValue: row.text(1)) else { return nil }
        return QueuedMail(
            id: row.text(0), kind: kind, recipient: row.text(2), subject: row.text(3),
            organisation: row.optionalText(9).map { TenantID($0) },
            createdAt: row.time(4), expiresAt: row.time(5), attempts: Int(row.integer(6)), epoch: row.integer(7),
            isDoubtful: row.integer(8) > 0)
    }
}

extension PixelFlowError {
    /// The outbox is full.
    static let mailBacklog = PixelFlowError(
        .unavailable, code: "mail_backlog", "Too many messages wait to be sent; try again later.", retry: .transient, retryAfter: 60)

    /// The share of the organisation in the outbox is full.
    static let organisationMailBacklog = PixelFlowError(
        .throttled, code: "organisation_mail_backlog", "Too many messages of this organisation wait to be sent; try again later.",
        retry: .transient, retryAfter: 60)
}
