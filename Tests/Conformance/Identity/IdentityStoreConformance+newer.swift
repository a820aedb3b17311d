import PixelFlowCore
import PixelFlowIdentity

/// Rows of kinds that only a newer version knows, which remain after a rollback.
extension IdentityStoreConformance {
    static let newerCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("messages of every kind are claimed") { try await $0.claimsEveryKind() },
        ConformanceCase("messages of an unknown kind are kept and delay no others") { try await $0.leavesUnknownMail() },
        ConformanceCase("audit entries of unknown actions do not end a page") { try await $0.pagesPastUnknownAudit() },
        ConformanceCase("revocations after any number of unknown ones are reached") { try await $0.pagesPastUnknownRevocations() },
    ]

    private func queue(_ kind: QueuedMail.Kind) async throws -> String {
        let id = UUIDv7.make()
        try await store.queue(
            QueuedMail(id: id, kind: kind, recipient: "bob@example.org", createdAt: Self.now, expiresAt: Self.now + .seconds(3600)))
        return id
    }

    private func rewrite(_ statement: SQLStatement) async throws {
        try await store.database.write(.mail) { _ = try $0.execute(statement, [], read: { _ in }) }
    }

    private func claimsEveryKind() async throws {
        for kind in QueuedMail.Kind.allCases { _ = try await queue(kind) }
        let claimed = try await store.claimMail(at: Self.now, lease: .seconds(60), limit: 100)
        try requireEqual(Set(claimed.map(\.kind)), Set(QueuedMail.Kind.allCases), "kinds")
    }

    private func leavesUnknownMail() async throws {
        for _ in 0..<3 { _ = try await queue(.verification) }
        let known = try await queue(.invitation)
        try await rewrite(
            SQLStatement("newer_mail", "UPDATE mail_outbox SET kind = 'newer', next_attempt_at = 0 WHERE kind = 'verification'"))
        try requireEqual(try await store.claimMail(at: Self.now, lease: .seconds(60), limit: 1).map(\.id), [known], "claims")
        try requireEqual(try await store.mailBacklog(), 4, "queued messages")
        try await rewrite(SQLStatement("known_mail", "UPDATE mail_outbox SET kind = 'verification' WHERE kind = 'newer'"))
        try requireEqual(
            try await store.claimMail(at: Self.now, lease: .seconds(60), limit: 10).map(\.attempts), [1, 1, 1],
            "attempts of a version that knows the kind")
    }

    private func pagesPastUnknownAudit() async throws {
        let organisation = TenantID(UUIDv7.make())
        let ids = (0..<6).map { _ in UUIDv7.make() }.sorted()
        for (index, id) in ids.enumerated() {
            try await store.append(
                AuditEntry(
                    id: id, organisation: organisation, at: Self.now, actor: "", actorName: "operator",
                    action: (2..<5).contains(index) ? .presetDeleted : .presetSaved))
        }
        try await rewrite(SQLStatement("newer_audit", "UPDATE audit_log SET action = 'preset.archived' WHERE action = 'preset.deleted'"))
        let first = try await store.audit(of: organisation, before: nil, limit: 2)
        try requireEqual(first.map(\.id), [ids[5], ids[1]], "a full page")
        try requireEqual(try await store.audit(of: organisation, before: ids[1], limit: 2).map(\.id), [ids[0]], "the last page")
    }

    private func pagesPastUnknownRevocations() async throws {
        let user = Self.user("ada@example.org")
        try await store.database.write(.revocations) { connection in
            for statement in Self.revocations { _ = try connection.execute(statement, [.text(user.id.rawValue)], read: { _ in }) }
        }
        var (position, pages) = (Int64(0), 0)
        var known: [Revocation] = []
        var records: [RevocationRecord]
        repeat {
            records = try await store.revocations(after: position, limit: 1000)
            known += records.compactMap(\.revocation)
            position = records.last?.sequence ?? position
            pages += 1
        } while records.count == 1000
        try requireEqual(known, [.user(user.id)], "known revocations")
        try requireEqual(position, 12_001, "where one reads on")
        try requireEqual(pages, 13, "pages")
    }

    private static let revocations = [
        SQLStatement(
            "newer_revocations",
            """
            INSERT INTO revocations (sequence, kind, subject, organisation, version, at)
            WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 12000)
            SELECT number, 'newer', CAST($1 AS text), '', 0, 0 FROM numbers
            """),
        SQLStatement(
            "known_revocation",
            "INSERT INTO revocations (sequence, kind, subject, organisation, version, at) VALUES (12001, 'user', $1, '', 0, 0)"),
    ]
}
