import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let mailCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("a message is claimed by one sender at a time") { try await $0.claimsMailOnce() },
        ConformanceCase("ten concurrent senders get different messages") { try await $0.sharesMail() },
        ConformanceCase("a message of a vanished sender is claimed again as doubtful, and the old claim is fenced") {
            try await $0.fencesMail()
        },
        ConformanceCase("a postponed message is due at its time, and a removed one is gone") { try await $0.postponesMail() },
        ConformanceCase("an invitation and its message are stored atomically") { try await $0.mailsInvitations() },
        ConformanceCase("a forgotten password becomes a reset only if the address has an account") {
            try await $0.makesForgottenResets()
        },
        ConformanceCase("a token verifies an address once") { try await $0.verifiesOnce() },
        ConformanceCase("expired messages are cleaned up") { try await $0.cleansMail() },
        ConformanceCase("messages about tasks are claimed last") { try await $0.sendsMailAboutTasksLast() },
        ConformanceCase("an organisation at its message limit is refused; others and accounts are not") {
            try await $0.boundsMailOfOrganisations()
        },
        ConformanceCase("mail of organisations leaves room for accounts") { try await $0.keepsRoomForAccounts() },
    ]

    private static let lease = Duration.seconds(60)

    private static func mail(
        _ kind: QueuedMail.Kind = .invitation, to recipient: String = "bob@example.org", of organisation: TenantID? = nil
    ) -> QueuedMail {
        QueuedMail(
            id: UUIDv7.make(), kind: kind, recipient: recipient, organisation: organisation, createdAt: now,
            expiresAt: now + .seconds(3600))
    }

    private func claim(after seconds: Int = 0, in other: IdentityStore? = nil) async throws -> [QueuedMail] {
        try await (other ?? store).claimMail(at: Self.now + .seconds(seconds), lease: Self.lease, limit: 10)
    }

    private func claimsMailOnce() async throws {
        let mail = Self.mail()
        // The second time simulates a retry after a lost response.
        for _ in 0..<2 { try await store.queue(mail) }
        try requireEqual(try await store.mailBacklog(), 1, "queued messages")
        let other = try await reopen()
        let claimed = try await claim()
        try requireEqual(claimed.map(\.id), [mail.id], "the first claim")
        try requireEqual(claimed.first?.attempts, 1, "attempts")
        try requireEqual(claimed.first?.isDoubtful, false, "doubt")
        try requireEqual(try await claim(in: other), [], "the second claim")
        try requireEqual(try await claim(after: 59, in: other), [], "a claim within the lease")
    }

    private func sendsMailAboutTasksLast() async throws {
        let kinds = QueuedMail.Kind.allCases
        for kind in kinds.filter(\.isAboutTasks) + kinds.filter({ !$0.isAboutTasks }) { try await store.queue(Self.mail(kind)) }
        try requireEqual(try await claim().map(\.kind.isAboutTasks), kinds.map(\.isAboutTasks).sorted { !$0 && $1 }, "about tasks")
    }

    private func sharesMail() async throws {
        for _ in 0..<50 { try await store.queue(Self.mail()) }
        let other = try await reopen()
        let claims = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<10 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask { try await self.claim(in: store).map(\.id) }
            }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        try requireEqual(claims.count, Set(claims).count, "messages that two have claimed")
        var rest = claims
        while rest.count < 50 {
            let more = try await claim().map(\.id)
            try require(!more.isEmpty, "\(50 - rest.count) messages cannot be claimed")
            rest += more
        }
        try requireEqual(Set(rest).count, 50, "messages")
    }

    private func fencesMail() async throws {
        try await store.queue(Self.mail())
        guard let old = try await claim().first, let new = try await claim(after: 60).first else {
            throw ConformanceFailure("the message cannot be claimed again", file: #fileID, line: #line)
        }
        try requireEqual(new.isDoubtful, true, "doubt")
        try requireEqual(new.attempts, 2, "attempts")
        try requireEqual(try await store.remove(old), false, "removed by the old claim")
        try requireEqual(try await store.postpone(old, until: Self.now), false, "postponed by the old claim")
        try requireEqual(try await store.remove(new), true, "removed by the new claim")
        try requireEqual(try await store.mailBacklog(), 0, "queued messages")
    }

    private func postponesMail() async throws {
        try await store.queue(Self.mail())
        guard let mail = try await claim().first else { throw ConformanceFailure("nothing is due", file: #fileID, line: #line) }
        try await store.postpone(mail, until: Self.now + .seconds(5))
        try requireEqual(try await claim(after: 4), [], "before its time")
        let again = try await claim(after: 5)
        try requireEqual(again.map(\.isDoubtful), [false], "at its time")
        for one in again { try await store.remove(one) }
        try requireEqual(try await claim(after: 100), [], "after its end")
    }

    private func mailsInvitations() async throws {
        let (ada, eve) = (try await register("ada@example.org"), try await register("eve@example.org"))
        let works = try await organisation(of: ada)
        func invitation() -> Invitation {
            Invitation(
                id: UUIDv7.make(), organisation: works.id, email: "bob@example.org", role: .member, hash: UUIDv7.make(), invitedBy: ada.id,
                createdAt: Self.now, expiresAt: Self.now + .seconds(3600))
        }
        let made = invitation()
        try await store.add(made, by: ada.id, mail: Self.mail(), audit: Self.audit(.invitationCreated, in: works.id, by: ada))
        try requireEqual(try await store.mailBacklog(), 1, "messages")
        let refusal = try await code {
            let audit = Self.audit(.invitationCreated, in: works.id, by: eve)
            try await store.add(invitation(), by: eve.id, mail: Self.mail(), audit: audit)
        }
        try requireEqual(refusal, "insufficient_role", "an invitation by no one")
        try requireEqual(try await store.mailBacklog(), 1, "messages after the refusal")
        for (id, expected) in [("none", 1), (made.id, 2)] {
            _ = try await store.renew(
                id, of: works.id, by: ada.id, hash: "new", until: made.expiresAt, mail: Self.mail(),
                audit: Self.audit(.invitationRenewed, in: works.id, by: ada))
            try requireEqual(try await store.mailBacklog(), expected, "messages after renewing \(id)")
        }
    }

    private func makesForgottenResets() async throws {
        let ada = try await register("ada@example.org")
        let eve = try await register("eve@example.org")
        _ = try await store.setDisabled(true, eve.id, audit: Self.audit(.userDisabled, in: eve.tenant), at: Self.now)
        for address in [ada.email, eve.email, "nobody@example.org"] {
            try await store.queue(Self.mail(.passwordForgotten, to: address))
        }
        var made: [QueuedMail] = []
        for mail in try await claim() {
            let expiry = Self.now + .seconds(1800)
            let reset = try await store.makeReset(for: mail, hash: "of \(mail.recipient)", at: Self.now, until: expiry)
            // Simulates a retry after a lost response.
            let again = try await store.makeReset(for: mail, hash: "of \(mail.recipient)", at: Self.now, until: expiry)
            try requireEqual(again, reset, "the same transaction once more")
            made += reset.map { [$0] } ?? []
        }
        try requireEqual(made.map(\.recipient), [ada.email], "recipients")
        try requireEqual(made.map(\.kind), [.passwordReset], "the message with it")
        try requireEqual(try await store.mailBacklog(), 1, "queued messages")
        try requireEqual(try await store.passwordReset(hash: "of \(ada.email)", at: Self.now)?.id, ada.id, "user of the token")
        try await store.queue(Self.mail(.passwordForgotten, to: ada.email))
        for mail in try await claim(after: 10) {
            try requireEqual(try await store.makeReset(for: mail, hash: "second", at: Self.now, until: mail.expiresAt), nil, "soon after")
        }
        try requireEqual(try await store.passwordReset(hash: "of \(ada.email)", at: Self.now)?.id, ada.id, "the first link afterwards")
    }

    private func boundsMailOfOrganisations() async throws {
        let (works, other) = (TenantID("works"), TenantID("other"))
        for _ in 0..<IdentityStore.mailLimitOfOrganisation { try await store.queue(Self.mail(of: works)) }
        let refusals = [
            try await code { try await store.queue(Self.mail(of: works)) },
            try await code { try await store.queue(Self.mail(of: other)) },
            try await code { try await store.queue(Self.mail(.verification)) },
        ]
        try requireEqual(refusals, ["organisation_mail_backlog", nil, nil], "refusals")
        let sent = try await claim()
        try requireEqual(Set(sent.map(\.organisation)), [works], "organisations")
        try await store.remove(sent[0])
        try requireEqual(try await code { try await store.queue(Self.mail(of: works)) }, nil, "once one is sent")
    }

    private func keepsRoomForAccounts() async throws {
        let perOrganisation = IdentityStore.mailLimitOfOrganisation
        for number in 0..<IdentityStore.organisationsMailLimit / perOrganisation {
            for _ in 0..<perOrganisation { try await store.queue(Self.mail(of: TenantID("t\(number)"))) }
        }
        try requireEqual(try await code { try await store.queue(Self.mail(of: TenantID("next"))) }, "mail_backlog", "an organisation")
        try requireEqual(try await code { try await store.queue(Self.mail(.passwordForgotten)) }, nil, "a forgotten password")
        try requireEqual(try await code { try await store.queue(Self.mail(.verification)) }, nil, "a registration")
    }

    private func verifiesOnce() async throws {
        let ada = try await register("ada@example.org")
        let mail = Self.mail(.verification, to: ada.email)
        try await store.add(.init(hash: "h", mail: mail), for: ada.id, pause: .seconds(60))
        try await store.add(.init(hash: "soon", mail: Self.mail(.verification)), for: ada.id, pause: .seconds(60))
        try requireEqual(try await store.mailBacklog(), 1, "messages")
        try requireEqual(try await store.verification(hash: "soon", at: Self.now), nil, "a token soon after")
        try requireEqual(try await store.verification(hash: "h", at: Self.now + .seconds(3601)), nil, "an expired token")
        try requireEqual(try await store.verification(hash: "h", at: Self.now)?.id, ada.id, "user of the token")
        let audit = Self.audit(.emailVerified, in: ada.tenant, by: ada)
        for _ in 0..<2 {
            let isVerified = try await store.verifyEmail(hash: "h", audit: audit, user: ada.id, at: Self.now)
            try requireEqual(isVerified, true, "the same transaction, as after a lost response")
        }
        let other = Self.audit(.emailVerified, in: ada.tenant, by: ada)
        try requireEqual(try await store.verifyEmail(hash: "h", audit: other, user: ada.id, at: Self.now), false, "once more")
        try requireEqual(try await store.user(ada.id)?.emailVerifiedAt, Self.now, "the mark")
    }

    private func cleansMail() async throws {
        try await store.queue(Self.mail())
        for (seconds, expected) in [(3600, 1), (3601, 0)] {
            try await store.cleanUp(at: Self.now + .seconds(seconds), auditAge: .seconds(1_000_000), tokenLifetime: .seconds(60))
            try requireEqual(try await store.mailBacklog(), expected, "after \(seconds) s")
        }
    }
}
