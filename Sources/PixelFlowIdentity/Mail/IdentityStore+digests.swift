package import PixelFlowCore

/// Digests: who is due for one, and the mail, which is queued in the same transaction that advances the end of the recipient's last span.
extension IdentityStore {
    /// Tasks that ended longer ago are left out of digests, after an outage or a time without mail.
    package static let digestAge = Duration.seconds(7 * 86_400)

    private static let due = SQLStatement(
        "due_task_mail",
        """
        SELECT organisation, user_id, told_until FROM task_mail
        WHERE choice = $1 AND told_until < $2 AND lease_until <= $3 ORDER BY told_until, organisation, user_id LIMIT $4
        """)
    private static let claim = SQLStatement(
        "claim_task_mail",
        """
        UPDATE task_mail SET told_until = $4, lease_until = $5
        WHERE organisation = $1 AND user_id = $2 AND told_until = $3 AND lease_until <= $6
        """)
    private static let keys = SQLStatement(
        "api_keys_of_maker", "SELECT id FROM api_keys WHERE organisation = $1 AND created_by = $2 ORDER BY id")
    private static let advance = SQLStatement(
        "advance_task_mail",
        "UPDATE task_mail SET told_until = $4, lease_until = 0 WHERE organisation = $1 AND user_id = $2 AND told_until = $3")
    private static let reportedUntil = SQLStatement(
        "task_mail_told_until", "SELECT told_until FROM task_mail WHERE organisation = $1 AND user_id = $2")

    /// The outcomes of a report.
    package struct DigestCount: Sendable, Hashable {
        /// Messages queued.
        package var queued = 0
        /// Digests without any task that the recipient chose to get mail about.
        package var empty = 0
        /// Recipients who cannot get mail. Their spans are skipped, not postponed.
        package var unreachable = 0
        /// Digests that were already reported, or that are no longer wanted.
        package var superseded = 0
        /// Digests postponed because the outbox is full.
        package var postponed = 0

        package init() {}
    }

    /// Claims digests whose spans have ended, those that have waited longest first.
    ///
    /// - Parameter lease: the time after which they can be claimed again.
    package func claimDigests(
        _ schedule: TaskMailSchedule, at now: Timestamp, lease: Duration, limit: Int
    ) async throws -> [DigestRequest] {
        try await database.write(.mail) { connection in
            guard try Self.restoring(connection) == nil else { return [] }
            var requests: [DigestRequest] = []
            for choice in TaskMail.periodic {
                guard let until = schedule.lastEnd(of: choice, by: now - TaskSpan.settlingTime) else { continue }
                let found = try connection.rows(
                    Self.due, .text(choice.rawValue), .time(until), .time(now), .number(limit - requests.count)
                ) { (organisation: TenantID($0.text(0)), person: UserID($0.text(1)), reported: $0.time(2)) }
                for (organisation, person, reported) in found {
                    let from = max(reported, until - Self.digestAge)
                    let isClaimed =
                        try connection.execute(
                            Self.claim, .id(organisation), .id(person), .time(reported), .time(from), .time(now + lease), .time(now)) == 1
                    guard isClaimed else { continue }
                    let keys = try connection.rows(Self.keys, .id(organisation), .id(person)) { UserID($0.text(0)) }
                    requests.append(
                        DigestRequest(organisation: organisation, person: person, owners: [person] + keys, from: from, until: until))
                }
            }
            return requests
        }
    }

    /// Advances the recipients' spans and queues their messages.
    ///
    /// - Parameter lifetime: how long a message may wait to be sent.
    package func report(_ digests: [TaskDigest], mailingFor lifetime: Duration, at now: Timestamp) async throws -> DigestCount {
        try await database.write(.mail) { connection in
            var count = DigestCount()
            // Sorted, so that two concurrent reports of the same digests take their locks in the same order and cannot deadlock.
            for digest in digests.sorted(by: { ($0.organisation, $0.person) < ($1.organisation, $1.person) }) {
                let row: [SQLValue] = [.id(digest.organisation), .id(digest.person)]
                let choice = try Self.taskMail(of: digest.person, in: digest.organisation, connection)
                guard TaskMail.periodic.contains(choice),
                    try connection.rows(Self.reportedUntil, row[0], row[1], map: { $0.time(0) }) == [digest.from]
                else {
                    count.superseded += 1
                    continue
                }
                let isNews = choice == .failures ? digest.ended.failed > 0 : digest.ended.total > 0
                let recipient = isNews ? try Self.mailable(digest.person, in: digest.organisation, connection) : nil
                if recipient != nil, try Self.refusal(of: digest.organisation, connection) != nil {
                    count.postponed += 1
                    continue
                }
                guard try connection.execute(Self.advance, row[0], row[1], .time(digest.from), .time(digest.until)) == 1 else {
                    count.superseded += 1
                    continue
                }
                guard isNews else {
                    count.empty += 1
                    continue
                }
                guard let recipient else {
                    count.unreachable += 1
                    continue
                }
                let news = TaskNews(
                    organisation: digest.organisation, person: digest.person, ended: digest.ended,
                    subject: .span(choice, from: digest.from, until: digest.until))
                try Self.queue(news, id: UUIDv7.make(at: now), .taskDigest, to: recipient, at: now, until: now + lifetime, connection)
                count.queued += 1
            }
            return count
        }
    }

    /// Queues the messages about batches, to the members who chose them.
    ///
    /// - Parameter lifetime: how long a message may wait to be sent, and how long a repeated report of a batch is recognised.
    /// - Throws: `mail_backlog` (503) if too many wait; `organisation_mail_backlog` (429) if too many of an organisation do.
    package func report(_ batches: [EndedBatch], mailingFor lifetime: Duration, at now: Timestamp) async throws -> DigestCount {
        try await database.write(.mail) { connection in
            var count = DigestCount()
            for batch in batches.sorted(by: { $0.id < $1.id }) {
                let person = try Self.maker(of: batch.owner, in: batch.organisation, connection) ?? batch.owner
                guard try Self.taskMail(of: person, in: batch.organisation, connection) == .batches else {
                    count.superseded += 1
                    continue
                }
                guard let recipient = try Self.mailable(person, in: batch.organisation, connection) else {
                    count.unreachable += 1
                    continue
                }
                if let refusal = try Self.refusal(of: batch.organisation, connection) { throw refusal }
                let news = TaskNews(
                    organisation: batch.organisation, person: person, ended: batch.ended,
                    subject: .batch(batch.id, description: batch.description))
                let isNew = try Self.queue(
                    news, id: "batch.\(batch.id)", .batchCompleted, to: recipient, at: now, until: now + lifetime, connection)
                if isNew { count.queued += 1 } else { count.superseded += 1 }
            }
            return count
        }
    }
}
