package import PixelFlowCore

/// Digests: who is due for one, and the message that is queued in the transaction that notes until when its recipient has been told.
extension IdentityStore {
    /// Older ends are not told of, after a service was away or had no mail.
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
    private static let toldUntil = SQLStatement(
        "task_mail_told_until", "SELECT told_until FROM task_mail WHERE organisation = $1 AND user_id = $2")

    /// What a report has done.
    package struct DigestCount: Sendable, Hashable {
        /// Messages that were queued.
        package var queued = 0
        /// Nothing that the person wants to know of had ended.
        package var empty = 0
        /// The person cannot be mailed, and is not told later either.
        package var unreachable = 0
        /// Reported before, or no longer asked for.
        package var superseded = 0
        /// The outbox of mail has no room: told of later.
        package var postponed = 0

        package init() {}
    }

    /// Claims digests whose spans are over, those that wait longest first.
    ///
    /// - Parameter lease: after it they may be claimed again.
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
                ) { (organisation: TenantID($0.text(0)), person: UserID($0.text(1)), told: $0.time(2)) }
                for (organisation, person, told) in found {
                    let from = max(told, until - Self.digestAge)
                    let isClaimed =
                        try connection.execute(
                            Self.claim, .id(organisation), .id(person), .time(told), .time(from), .time(now + lease), .time(now)) == 1
                    guard isClaimed else { continue }
                    let keys = try connection.rows(Self.keys, .id(organisation), .id(person)) { UserID($0.text(0)) }
                    requests.append(
                        DigestRequest(organisation: organisation, person: person, owners: [person] + keys, from: from, until: until))
                }
            }
            return requests
        }
    }

    /// Notes that people have been told, and queues the messages that tell them.
    ///
    /// - Parameter lifetime: how long a message may wait to be sent.
    package func report(_ digests: [TaskDigest], mailingFor lifetime: Duration, at now: Timestamp) async throws -> DigestCount {
        try await database.write(.mail) { connection in
            var count = DigestCount()
            // In one order for everyone, so that two who report the same wait for each other instead of locking each other out.
            for digest in digests.sorted(by: { ($0.organisation, $0.person) < ($1.organisation, $1.person) }) {
                let row: [SQLValue] = [.id(digest.organisation), .id(digest.person)]
                let choice = try Self.taskMail(of: digest.person, in: digest.organisation, connection)
                guard TaskMail.periodic.contains(choice),
                    try connection.rows(Self.toldUntil, row[0], row[1], map: { $0.time(0) }) == [digest.from]
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

    /// Queues the messages that tell of batches, to those who have chosen to be told of them.
    ///
    /// - Parameter lifetime: how long a message may wait to be sent, and a batch that is reported again is known.
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
