import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let noticeCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("an entry about a disabled webhook is mailed to the owners once") { try await $0.mailsOwnersOnce() },
        ConformanceCase("a quota warning is mailed once per target, to owners and admins, even if reported concurrently") {
            try await $0.mailsQuotaOnce()
        },
        ConformanceCase("people who opted out, left or are unreachable get no notices") { try await $0.sparesWhoDoesNotWant() },
        ConformanceCase("choices belong to one person in one organisation, and are deleted with the membership") {
            try await $0.keepsChoices()
        },
        ConformanceCase("a full mail outbox delays no audit entry") { try await $0.logsWithoutRoomForMail() },
    ]

    private static let lifetime = Duration.seconds(3600)

    private func append(_ entries: [AuditEntry], to other: IdentityStore? = nil) async throws -> IdentityStore.NoticeCount {
        try await (other ?? store).append(entries, mailingFor: Self.lifetime, at: Self.now)
    }

    private func waiting() async throws -> [QueuedMail] {
        try await store.claimMail(at: Self.now + .seconds(1), lease: .zero, limit: 100)
    }

    private static func entry(_ action: AuditAction, in organisation: TenantID, target: String) -> AuditEntry {
        var entry = audit(action, in: organisation)
        (entry.target, entry.detail) = (target, "detail")
        return entry
    }

    /// An organisation with an owner, an admin and a member.
    private func works() async throws -> (organisation: Organisation, owner: User, admin: User) {
        let owner = try await register("ada@example.org")
        let (admin, member) = (try await register("bob@example.org"), try await register("eve@example.org"))
        return (try await organisation(of: owner, with: [(admin, .admin), (member, .member)]), owner, admin)
    }

    private func mailsOwnersOnce() async throws {
        let (organisation, owner, _) = try await works()
        var entry = Self.entry(.webhookDisabled, in: organisation.id, target: "hook")
        entry.quota = QuotaWarning(quota: "tasks_per_month", threshold: 80, used: 812, limit: 1000, month: Self.now)
        let others = [
            Self.entry(.presetSaved, in: organisation.id, target: "shop"),
            Self.entry(.webhookDisabled, in: TenantID("none"), target: "hook"),
        ]
        try requireEqual(try await append([entry] + others).queued, 1, "messages")
        // Delivered again, by the same and by another service.
        let other = try await reopen()
        try requireEqual(try await append([entry]).queued, 0, "messages of an entry that comes again")
        try requireEqual(try await append([entry] + others, to: other).queued, 0, "messages of entries that come again")
        let mails = try await waiting()
        try requireEqual(mails.map(\.recipient), ["ada@example.org"], "recipients")
        try requireEqual(mails.map(\.kind), [.webhookDisabled], "kinds")
        try requireEqual(mails.map(\.subject), [entry.id], "subjects")
        let notice = try await store.notice(of: mails[0])
        try requireEqual(notice?.entry, entry, "the entry")
        try requireEqual(notice?.organisation.name, "Works", "the organisation")
        try requireEqual(notice?.user, owner.id, "the recipient")
        try requireEqual(
            try await store.append([Self.entry(.webhookDisabled, in: organisation.id, target: "hook")], mailingFor: nil, at: Self.now)
                .queued, 0, "where no mail is sent")
    }

    private func mailsQuotaOnce() async throws {
        let (organisation, _, _) = try await works()
        let other = try await reopen()
        try await withThrowingDiscardingTaskGroup { group in
            for number in 0..<10 {
                let store = number.isMultiple(of: 2) ? store : other
                let entry = Self.entry(.quotaWarning, in: organisation.id, target: "tasks_per_month_2026-01_80")
                group.addTask { _ = try await self.append([entry], to: store) }
            }
        }
        try requireEqual(Set(try await waiting().map(\.recipient)), ["ada@example.org", "bob@example.org"], "recipients")
        try requireEqual(try await store.mailBacklog(), 2, "messages")
        try requireEqual(
            try await store.audit(of: organisation.id, before: nil, .init(action: .quotaWarning), limit: 10).count, 1, "entries")
        let next = Self.entry(.quotaWarning, in: organisation.id, target: "tasks_per_month_2026-01_100")
        try requireEqual(try await append([next]).queued, 2, "messages of the next threshold")
    }

    private func sparesWhoDoesNotWant() async throws {
        let (organisation, owner, admin) = try await works()
        _ = try await append([Self.entry(.quotaWarning, in: organisation.id, target: "1")])
        let mails = try await waiting()
        try await store.setMuted([.quotaWarning: true], of: owner.id, in: organisation.id, at: Self.now)
        // Queued earlier, but no longer wanted.
        for mail in mails {
            try requireEqual(try await store.notice(of: mail)?.user, mail.recipient == owner.email ? nil : admin.id, "recipient")
        }
        try requireEqual(try await append([Self.entry(.quotaWarning, in: organisation.id, target: "2")]).queued, 1, "without the owner")
        for mail in try await waiting() where mail.recipient == admin.email {
            try await store.remove(mail, mailbox: .refuses(at: Self.now))
        }
        try requireEqual(
            try await append([Self.entry(.quotaWarning, in: organisation.id, target: "3")]).queued, 0, "to a mailbox that refuses")
        try requireEqual(try await store.noticeSettings(of: admin.id, in: organisation.id).refusedAt, Self.now, "since when it refuses")
        let taken = QueuedMail(
            id: UUIDv7.make(), kind: .verification, recipient: admin.email, createdAt: Self.now, expiresAt: Self.now + Self.lifetime)
        try await store.queue(taken)
        for mail in try await waiting() where mail.id == taken.id { try await store.remove(mail, mailbox: .takesMail) }
        try requireEqual(try await append([Self.entry(.quotaWarning, in: organisation.id, target: "4")]).queued, 1, "once it takes mail")
        // The kinds are independent.
        try requireEqual(try await append([Self.entry(.webhookDisabled, in: organisation.id, target: "hook")]).queued, 1, "another kind")
    }

    private func keepsChoices() async throws {
        let (organisation, owner, admin) = try await works()
        for _ in 0..<2 {
            try await store.setMuted([.quotaWarning: true, .webhookDisabled: false], of: admin.id, in: organisation.id, at: Self.now)
        }
        let again = try await reopen()
        try requireEqual(try await again.noticeSettings(of: admin.id, in: organisation.id).muted, [.quotaWarning], "muted")
        try requireEqual(try await again.noticeSettings(of: owner.id, in: organisation.id).muted, [], "of another person")
        try requireEqual(try await again.noticeSettings(of: admin.id, in: admin.tenant).muted, [], "of another organisation")
        try await store.setMuted([.quotaWarning: true], of: admin.id, in: owner.tenant, at: Self.now)
        try requireEqual(try await store.noticeSettings(of: admin.id, in: owner.tenant).muted, [], "of no member")
        try require(
            try await store.removeMember(
                admin.id, from: organisation.id, by: .owner, audit: Self.audit(.memberRemoved, in: organisation.id, by: owner),
                at: Self.now), "the admin was not removed")
        try requireEqual(try await store.noticeSettings(of: admin.id, in: organisation.id).muted, [], "after the membership")
    }

    private func logsWithoutRoomForMail() async throws {
        let (organisation, _, _) = try await works()
        let entry = Self.entry(.webhookDisabled, in: organisation.id, target: "hook")
        try await fillOutbox(until: Self.now + Self.lifetime)
        let count = try await append([entry])
        try requireEqual([count.queued, count.dropped], [0, 1], "messages queued and dropped")
        try requireEqual(
            try await store.audit(of: organisation.id, before: nil, .init(action: .webhookDisabled), limit: 10), [entry], "entries")
    }

    /// Queues this many messages; by default the maximum.
    func fillOutbox(until expiry: Timestamp, count: Int = IdentityStore.mailLimit) async throws {
        let store = store
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<count / 8 {
                        try await store.queue(
                            QueuedMail(
                                id: UUIDv7.make(), kind: .invitation, recipient: "x@example.org", createdAt: Self.now,
                                expiresAt: expiry))
                    }
                }
            }
        }
    }
}
