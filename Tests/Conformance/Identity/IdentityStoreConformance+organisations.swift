import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let organisationCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("registration creates a personal organisation that the user owns") { try await $0.makesPersonalOrganisation() },
        ConformanceCase("a person can be in several organisations, with a role in each") { try await $0.keepsRoles() },
        ConformanceCase("the last owner can neither leave nor be demoted") { try await $0.keepsOneOwner() },
        ConformanceCase("no one can leave a personal organisation or change a role in it") { try await $0.keepsPersonal() },
        ConformanceCase("a demoted admin cannot create keys and invitations") { try await $0.checksMakers() },
        ConformanceCase("of two owners who leave concurrently, one stays") { try await $0.keepsOneOfTwoOwners() },
        ConformanceCase("no one can grant or revoke a role above their own") { try await $0.boundsRoles() },
        ConformanceCase("a changed role and a removal revoke older tokens") { try await $0.revokesMemberships() },
        ConformanceCase("a returning member has a version above the revoked ones") { try await $0.risesAboveRevocations() },
        ConformanceCase("a deleted organisation can be restored") { try await $0.restores() },
        ConformanceCase("an expired organisation is listed, cannot be restored, and has no keys") { try await $0.ends() },
        ConformanceCase("deleting an account deletes its own organisations only") { try await $0.deletesAccount() },
        ConformanceCase("a deleted organisation without an owner cannot be restored") {
            try await $0.restoresNothingWithoutOwner()
        },
        ConformanceCase("an owner's deletion during a restore fails or leaves the organisation deleted") {
            try await $0.neverRestoresWithoutOwner()
        },
        ConformanceCase("the audit log lists every change of its organisation only, newest first") { try await $0.writesAudit() },
        ConformanceCase("only expired data is cleaned up") { try await $0.cleansUp() },
        ConformanceCase("a clean-up deletes more than one batch") { try await $0.cleansUpMuch() },
    ]

    private func makesPersonalOrganisation() async throws {
        let user = try await register("ada@example.org")
        let membership = try await store.membership(of: user.id, in: user.tenant)
        try requireEqual(membership?.role, .owner, "role")
        try requireEqual(membership?.organisation.personalOf, user.id, "owner of the personal organisation")
        try requireEqual(try await store.members(of: user.tenant).map(\.email), [user.email], "members")
    }

    private func keepsRoles() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .viewer)])
        try requireEqual(try await store.memberships(of: bob.id).map(\.role), [.owner, .viewer], "roles of one person")
        try requireEqual(try await store.members(of: works.id).map(\.role).sorted(), [.viewer, .owner], "roles in one organisation")
        try requireEqual(try await store.membership(of: ada.id, in: bob.tenant), nil, "a foreign organisation")
    }

    private func keepsOneOwner() async throws {
        let ada = try await register("ada@example.org")
        let works = try await organisation(of: ada)
        let audit = Self.audit(.memberLeft, in: works.id, by: ada)
        let left = try await code { _ = try await store.removeMember(ada.id, from: works.id, by: nil, audit: audit, at: Self.now) }
        try requireEqual(left, "last_owner", "leaving")
        let demoted = try await code {
            _ = try await store.changeRole(of: ada.id, in: works.id, to: .admin, by: .owner, audit: audit, at: Self.now)
        }
        try requireEqual(demoted, "last_owner", "demotion")
        try requireEqual(try await store.membership(of: ada.id, in: works.id)?.role, .owner, "role")
    }

    private func keepsPersonal() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let personal = Organisation(id: ada.tenant, name: ada.email, createdAt: Self.now)
        try await accept(try await invite(to: personal, as: .owner, by: ada), by: bob)
        let audit = Self.audit(.roleChanged, in: ada.tenant, by: bob)
        let demotion = try await code {
            _ = try await store.changeRole(of: ada.id, in: ada.tenant, to: .viewer, by: .owner, audit: audit, at: Self.now)
        }
        let removal = try await code {
            _ = try await store.removeMember(ada.id, from: ada.tenant, by: .owner, audit: audit, at: Self.now)
        }
        try requireEqual([demotion, removal], ["personal_organisation", "personal_organisation"], "refusals")
    }

    private func checksMakers() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .admin)])
        let audit = Self.audit(.roleChanged, in: works.id, by: ada)
        _ = try await store.changeRole(of: bob.id, in: works.id, to: .member, by: .owner, audit: audit, at: Self.now)
        let forKey = try await code {
            try await store.add(key(of: works.id, by: bob), by: bob.id, audit: Self.audit(.keyCreated, in: works.id, by: bob))
        }
        let forInvitation = try await code { _ = try await invite(to: works, as: .member, by: bob) }
        try requireEqual([forKey, forInvitation], ["insufficient_role", "insufficient_role"], "refusals")
    }

    private func keepsOneOfTwoOwners() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .owner)])
        let other = try await reopen()
        let left = try await withThrowingTaskGroup(of: Bool.self) { group in
            for (store, user) in [(store, ada), (other, bob)] {
                group.addTask {
                    try await self.code {
                        let audit = Self.audit(.memberLeft, in: works.id, by: user)
                        _ = try await store.removeMember(user.id, from: works.id, by: nil, audit: audit, at: Self.now)
                    } == nil
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try requireEqual(left, 1, "members who left")
        try requireEqual(try await store.members(of: works.id).map(\.role), [.owner], "remaining members")
    }

    private func boundsRoles() async throws {
        let (ada, bob, eve) = (
            try await register("ada@example.org"), try await register("bob@example.org"), try await register("eve@example.org")
        )
        let works = try await organisation(of: ada, with: [(bob, .owner), (eve, .viewer)])
        let audit = Self.audit(.roleChanged, in: works.id, by: eve)
        for (user, role) in [(bob, Role.viewer), (eve, .owner)] {
            let refusal = try await code {
                _ = try await store.changeRole(of: user.id, in: works.id, to: role, by: .admin, audit: audit, at: Self.now)
            }
            try requireEqual(refusal, "role_too_high", "\(user.email) to \(role)")
        }
        let removal = try await code {
            _ = try await store.removeMember(bob.id, from: works.id, by: .admin, audit: audit, at: Self.now)
        }
        try requireEqual(removal, "role_too_high", "removing an owner")
        let before = try await store.changeRole(of: eve.id, in: works.id, to: .admin, by: .admin, audit: audit, at: Self.now)
        try requireEqual(before, .viewer, "the role before")
        let unknown = try await store.changeRole(of: UserID("none"), in: works.id, to: .admin, by: .owner, audit: audit, at: Self.now)
        try requireEqual(unknown, nil, "unknown member")
    }

    private func revokesMemberships() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .member)])
        let first = try await store.membership(of: bob.id, in: works.id)?.version ?? 0
        let audit = Self.audit(.roleChanged, in: works.id, by: ada)
        _ = try await store.changeRole(of: bob.id, in: works.id, to: .viewer, by: .owner, audit: audit, at: Self.now)
        let second = try await store.membership(of: bob.id, in: works.id)?.version ?? 0
        try require(second > first, "the version did not rise")
        _ = try await store.removeMember(
            bob.id, from: works.id, by: .owner, audit: Self.audit(.memberRemoved, in: works.id, by: ada), at: Self.now)
        let records = try await store.revocations(after: 0, limit: 10)
        try requireEqual(
            records.map(\.revocation),
            [.member(bob.id, works.id, before: second), .member(bob.id, works.id, before: second + 1)], "revocations")
        try requireEqual(try await store.revocations(after: records[0].sequence, limit: 10), [records[1]], "those after the first")
    }

    private func risesAboveRevocations() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .member)])
        for role in [Role.viewer, .admin, .member] {
            let audit = Self.audit(.roleChanged, in: works.id, by: ada)
            _ = try await store.changeRole(of: bob.id, in: works.id, to: role, by: .owner, audit: audit, at: Self.now)
        }
        _ = try await store.removeMember(
            bob.id, from: works.id, by: .owner, audit: Self.audit(.memberRemoved, in: works.id), at: Self.now)
        let floors = try await store.revocations(after: 0, limit: 10).map(\.revocation).compactMap { revocation in
            if case .member(_, _, let floor) = revocation { floor } else { nil }
        }
        try requireEqual(floors.count, 4, "revocations")
        try await store.cleanUp(at: Self.now + .seconds(86_400 * 60), auditAge: .seconds(86_400 * 400), tokenLifetime: .seconds(86_400))
        let invitation = Invitation(
            id: UUIDv7.make(), organisation: works.id, email: nil, role: .member, hash: UUIDv7.make(), invitedBy: ada.id,
            createdAt: Self.now, expiresAt: Self.now + .seconds(3600))
        try await store.add(invitation, by: ada.id, audit: Self.audit(.invitationCreated, in: works.id, by: ada))
        try await accept(invitation, by: bob)
        let version = try await store.membership(of: bob.id, in: works.id)?.version ?? 0
        try require(version >= floors.max() ?? 0, "version \(version) is not above the revoked ones")
    }

    private func restores() async throws {
        let ada = try await register("ada@example.org")
        let works = try await organisation(of: ada)
        let deletion = Self.audit(.organisationDeleted, in: works.id, by: ada)
        try require(try await store.setDeleted(true, works.id, audit: deletion, at: Self.now), "it was not found")
        try requireEqual(try await store.organisation(works.id)?.deletedAt, Self.now, "the mark")
        let restoration = Self.audit(.organisationRestored, in: works.id, by: ada)
        try require(try await store.setDeleted(false, works.id, audit: restoration, at: Self.now), "it was not restored")
        try requireEqual(try await store.organisation(works.id), works, "after restoring")
        let revoked = try await store.revocations(after: 0, limit: 10).map(\.revocation)
        try requireEqual(revoked, [.organisation(works.id), .organisationRestored(works.id)], "revocations")
    }

    private func ends() async throws {
        let ada = try await register("ada@example.org")
        let (works, other) = (try await organisation(of: ada), try await organisation(of: ada))
        try await store.add(key(of: works.id, by: ada), by: ada.id, audit: Self.audit(.keyCreated, in: works.id, by: ada))
        let deletion = Self.audit(.organisationDeleted, in: works.id, by: ada)
        _ = try await store.setDeleted(true, works.id, audit: deletion, at: Self.now)
        let second = Self.audit(.organisationDeleted, in: other.id, by: ada)
        _ = try await store.setDeleted(true, other.id, audit: second, at: Self.now + .seconds(10))
        let again = Self.audit(.organisationDeleted, in: works.id, by: ada)
        try requireEqual(try await store.setDeleted(true, works.id, audit: again, at: Self.now), false, "deleting it once more")

        let end = Self.now + IdentityStore.restorePeriod
        let start = Timestamp(microseconds: 0)
        try requireEqual(try await store.over(after: start, at: end - .seconds(1), limit: 10).map(\.id), [], "before its end")
        try requireEqual(try await store.over(after: start, at: end, limit: 10).map(\.id), [works.id], "at its end")
        let later = end + .seconds(10)
        try requireEqual(try await store.over(after: start, at: later, limit: 1).map(\.id), [works.id], "the first page")
        try requireEqual(try await store.over(after: Self.now, at: later, limit: 1).map(\.id), [other.id], "the second page")
        let restoration = Self.audit(.organisationRestored, in: works.id, by: ada)
        try requireEqual(try await store.setDeleted(false, works.id, audit: restoration, at: end), false, "restoring it at its end")

        try await store.cleanUp(at: end, auditAge: .seconds(86_400 * 400), tokenLifetime: .seconds(86_400))
        try requireEqual(try await store.keys(of: works.id), [], "keys")
        try requireEqual(try await store.members(of: works.id), [], "members")
        try requireEqual(try await store.members(of: other.id).count, 1, "members of one that is not over")
        try requireEqual(try await store.over(after: start, at: end, limit: 10).map(\.id), [works.id], "after cleaning up")
    }

    private func deletesAccount() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let (shared, own) = (try await organisation(of: ada, with: [(bob, .admin)]), try await organisation(of: ada))
        let audit = Self.audit(.organisationDeleted, in: ada.tenant, by: ada)
        let refusal = try await code { try await store.delete(ada, audit: audit, at: Self.now) }
        try requireEqual(refusal, "last_owner", "the owner of a shared organisation")
        try requireEqual(try await store.user(ada.id), ada, "after the refusal")
        try requireEqual(try await store.organisation(own.id)?.deletedAt, nil, "after the refusal, the own organisation")
        let promotion = Self.audit(.roleChanged, in: shared.id, by: ada)
        _ = try await store.changeRole(of: bob.id, in: shared.id, to: .owner, by: .owner, audit: promotion, at: Self.now)
        try await store.delete(ada, audit: audit, at: Self.now)
        try requireEqual(try await store.user(email: ada.email), nil, "the account")
        try requireEqual(try await store.organisation(own.id)?.deletedAt, Self.now, "the own organisation")
        try requireEqual(try await store.organisation(ada.tenant)?.deletedAt, Self.now, "the personal organisation")
        try requireEqual(try await store.members(of: shared.id).map(\.user), [bob.id], "the shared organisation")
    }

    private func restoresNothingWithoutOwner() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let shared = try await organisation(of: ada, with: [(bob, .admin)])
        let deletion = Self.audit(.organisationDeleted, in: shared.id, by: ada)
        try requireEqual(try await store.setDeleted(true, shared.id, audit: deletion, at: Self.now), true, "deleted")
        try await store.delete(ada, audit: Self.audit(.userDeleted, in: ada.tenant, by: ada), at: Self.now)
        for id in [shared.id, ada.tenant] {
            let restoration = Self.audit(.organisationRestored, in: id, by: bob)
            try requireEqual(try await store.setDeleted(false, id, audit: restoration, at: Self.now), false, "restored")
            try requireEqual(try await store.organisation(id)?.deletedAt, Self.now, "still deleted")
        }
    }

    private func neverRestoresWithoutOwner() async throws {
        let store = store
        for number in 0..<10 {
            let (ada, bob) = (try await register("ada-\(number)@example.org"), try await register("bob-\(number)@example.org"))
            let shared = try await organisation(of: ada, with: [(bob, .admin)])
            _ = try await store.setDeleted(true, shared.id, audit: Self.audit(.organisationDeleted, in: shared.id, by: ada), at: Self.now)
            async let deletion = code {
                try await store.delete(ada, audit: Self.audit(.userDeleted, in: ada.tenant, by: ada), at: Self.now)
            }
            async let restoration = store.setDeleted(
                false, shared.id, audit: Self.audit(.organisationRestored, in: shared.id, by: bob), at: Self.now)
            let (refusal, isRestored) = try await (deletion, restoration)
            try requireEqual(refusal, isRestored ? "last_owner" : nil, "the deletion of the account")
            let owners = try await store.members(of: shared.id).filter { $0.role == .owner }
            try requireEqual(owners.isEmpty, !isRestored, "owners of an organisation that is there")
        }
    }

    private func writesAudit() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .member)])
        let entries = try await store.audit(of: works.id, before: nil, limit: 10)
        try requireEqual(entries.map(\.action), [.memberJoined, .invitationCreated, .organisationCreated], "actions")
        try requireEqual(entries[0].actorName, bob.email, "actor")
        try requireEqual(try await store.audit(of: works.id, before: entries[0].id, limit: 1), [entries[1]], "the next page")
        let filtered = try await store.audit(
            of: works.id, before: nil, .init(action: .invitationCreated, actor: ada.id.rawValue, since: Self.now), limit: 10)
        try requireEqual(filtered, [entries[1]], "with a filter")
        try requireEqual(
            try await store.audit(of: works.id, before: nil, .init(until: Self.now), limit: 10), [], "before the first")
        try requireEqual(try await store.audit(of: bob.tenant, before: nil, limit: 10).map(\.action), [.userRegistered], "of another")
    }

    private func cleansUpMuch() async throws {
        let ada = try await register("ada@example.org")
        var entries: [AuditEntry] = []
        for _ in 0..<IdentityStore.cleanUpBatch + 1 { entries.append(Self.audit(.signedIn, in: ada.tenant, by: ada)) }
        _ = try await store.append(entries, mailingFor: nil, at: Self.now)
        let works = try await organisation(of: ada)
        try await store.setMuted([.quotaWarning: true, .webhookDisabled: true], tasks: .daily, of: ada.id, in: works.id, at: Self.now)
        _ = try await store.setDeleted(true, works.id, audit: Self.audit(.organisationDeleted, in: works.id, by: ada), at: Self.now)
        let end = Self.now + IdentityStore.restorePeriod
        try await store.cleanUp(at: end, auditAge: .seconds(10), tokenLifetime: .seconds(10))
        try requireEqual(try await store.audit(of: ada.tenant, before: nil, limit: 10), [], "the audit log")
        try requireEqual(try await store.members(of: works.id), [], "members of an expired organisation")
        let settings = try await store.noticeSettings(of: ada.id, in: works.id)
        try requireEqual(settings.muted, [], "choices in an expired organisation")
        try requireEqual(settings.tasks, .never, "mail about tasks in an expired organisation")
        try requireEqual(try await store.organisation(works.id)?.name, "", "name of an expired organisation")
        try requireEqual(try await store.members(of: ada.tenant).count, 1, "members of another organisation")
    }

    private func cleansUp() async throws {
        let ada = try await register("ada@example.org")
        let works = try await organisation(of: ada)
        let session = try await open(for: ada)
        _ = try await invite(to: works, as: .member, by: ada)
        _ = try await store.end(session.id, of: ada.id, audit: Self.audit(.signedOut, in: ada.tenant, by: ada), at: Self.now)
        try await store.cleanUp(at: Self.now, auditAge: .seconds(10), tokenLifetime: .seconds(10))
        try requireEqual(try await store.invitations(of: works.id, at: Self.now).count, 1, "open invitations")
        try requireEqual(try await store.revocations(after: 0, limit: 10).count, 1, "revocations")
        try await store.cleanUp(at: Self.now + .seconds(4000), auditAge: .seconds(10), tokenLifetime: .seconds(10))
        try requireEqual(try await store.invitations(of: works.id, at: Self.now), [], "invitations later")
        try requireEqual(try await store.revocations(after: 0, limit: 10), [], "revocations later")
        try requireEqual(try await store.audit(of: works.id, before: nil, limit: 10), [], "audit later")
        try requireEqual(try await store.membership(of: ada.id, in: works.id)?.role, .owner, "the membership later")
    }
}
