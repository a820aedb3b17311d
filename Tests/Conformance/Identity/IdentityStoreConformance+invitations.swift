import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let invitationCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("of twenty concurrent acceptances of an invitation, one succeeds") { try await $0.letsOneIn() },
        ConformanceCase("an invitation is valid until it is used, revoked, renewed or expired") { try await $0.endsInvitations() },
        ConformanceCase("accepting as a member leaves the invitation open") { try await $0.leavesOpenForOthers() },
        ConformanceCase("an invitation is valid only while its inviter may assign its role") { try await $0.boundsByInviter() },
        ConformanceCase("an invitation of a key is valid until the key is revoked") { try await $0.endsWithKey() },
        ConformanceCase("whoever renews an invitation becomes its inviter") { try await $0.changesInviter() },
        ConformanceCase("an invitation to a deleted organisation is invalid until it is restored") { try await $0.closesDeleted() },
    ]

    private func letsOneIn() async throws {
        let ada = try await register("ada@example.org")
        let works = try await organisation(of: ada)
        let invitation = try await invite(to: works, as: .member, by: ada)
        var people: [User] = []
        for number in 0..<20 { people.append(try await register("p\(number)@example.org")) }
        let other = try await reopen()
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for (number, user) in people.enumerated() {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask { try await self.code { try await self.accept(invitation, by: user, in: store) } }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(codes.filter { $0 == nil }.count, 1, "accepted")
        try requireEqual(codes.filter { $0 == "invitation_invalid" }.count, 19, "refused")
        try requireEqual(try await store.members(of: works.id).count, 2, "members")
    }

    private func endsInvitations() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada)
        let invitation = try await invite(to: works, as: .admin, by: ada)
        try requireEqual(try await store.invitations(of: works.id, at: Self.now), [invitation], "open ones")
        try requireEqual(try await store.invitations(of: bob.tenant, at: Self.now), [], "those of another organisation")
        try requireEqual(try await store.invitation(hash: invitation.hash, at: Self.now + .seconds(3600)), nil, "after its time")
        let renewal = Self.audit(.invitationRenewed, in: works.id, by: ada)
        let expiry = Self.now + .seconds(7200)
        let isForeign = try await store.renew(invitation.id, of: bob.tenant, by: bob.id, hash: "stolen", until: expiry, audit: renewal)
        try requireEqual(isForeign, false, "renewed by another organisation")
        let isRenewed = try await store.renew(invitation.id, of: works.id, by: ada.id, hash: "new", until: expiry, audit: renewal)
        try requireEqual(isRenewed, true, "renewed")
        try requireEqual(try await store.invitation(hash: invitation.hash, at: Self.now), nil, "by the hash of before")
        guard let renewed = try await store.invitation(hash: "new", at: Self.now + .seconds(3600)) else {
            throw ConformanceFailure("the renewed invitation is not there", file: #fileID, line: #line)
        }
        let revocation = Self.audit(.invitationRevoked, in: works.id, by: ada)
        try requireEqual(try await store.revokeInvitation(invitation.id, of: bob.tenant, audit: revocation), false, "by another")
        try requireEqual(try await store.revokeInvitation(invitation.id, of: works.id, audit: revocation), true, "revoked")
        let refusal = try await code { try await accept(renewed, by: bob) }
        try requireEqual(refusal, "invitation_invalid", "accepting a revoked one")
    }

    private func boundsByInviter() async throws {
        let ada = try await register("ada@example.org")
        let losses: [(String, (User, Organisation) async throws -> Void)] = [
            (
                "removed",
                { bob, works in
                    let audit = Self.audit(.memberRemoved, in: works.id, by: ada)
                    _ = try await self.store.removeMember(bob.id, from: works.id, by: .owner, audit: audit, at: Self.now)
                }
            ),
            (
                "demoted",
                { bob, works in
                    let audit = Self.audit(.roleChanged, in: works.id, by: ada)
                    _ = try await self.store.changeRole(of: bob.id, in: works.id, to: .member, by: .owner, audit: audit, at: Self.now)
                }
            ),
            (
                "disabled",
                { bob, _ in
                    _ = try await self.store.setDisabled(true, bob.id, audit: Self.audit(.userDisabled, in: bob.tenant), at: Self.now)
                }
            ),
            (
                "deleted",
                { bob, _ in try await self.store.delete(bob, audit: Self.audit(.userDeleted, in: bob.tenant, by: bob), at: Self.now) }
            ),
        ]
        for (loss, lose) in losses {
            let (bob, eve) = (try await register("bob-\(loss)@example.org"), try await register("eve-\(loss)@example.org"))
            let works = try await organisation(of: ada, with: [(bob, .admin)])
            // Read before, and accepted afterwards.
            let invitation = try await invite(to: works, as: .viewer, by: bob)
            let other = try await invite(to: works, as: .viewer, by: ada)
            try requireEqual(try await store.invitation(hash: invitation.hash, at: Self.now), invitation, "before \(loss)")
            try await lose(bob, works)
            try requireEqual(try await store.invitation(hash: invitation.hash, at: Self.now), nil, "by an admin who was \(loss)")
            try requireEqual(try await code { try await accept(invitation, by: eve) }, "invitation_invalid", "accepted after \(loss)")
            let (new, entry) = (Self.user("new-\(loss)@example.org"), Self.audit(.memberJoined, in: works.id))
            let refusal = try await code {
                let audit = Self.audit(.userRegistered, in: new.tenant, by: new)
                _ = try await store.register(new, audit: audit, accepting: (invitation, entry))
            }
            try requireEqual(refusal, "invitation_invalid", "accepted by registering after \(loss)")
            try requireEqual(try await code { try await accept(other, by: eve) }, nil, "one of the owner after \(loss)")
            if loss == "disabled" {
                _ = try await store.setDisabled(false, bob.id, audit: Self.audit(.userEnabled, in: bob.tenant), at: Self.now)
                let kim = try await register("kim@example.org")
                try requireEqual(try await code { try await accept(invitation, by: kim) }, nil, "once the inviter is enabled")
            }
        }
        // An admin may assign every role but owner.
        let (owner, eve) = (try await register("owner@example.org"), try await register("eve@example.org"))
        let works = try await organisation(of: ada, with: [(owner, .owner)])
        let invitations = (try await invite(to: works, as: .owner, by: owner), try await invite(to: works, as: .admin, by: owner))
        let audit = Self.audit(.roleChanged, in: works.id, by: ada)
        _ = try await store.changeRole(of: owner.id, in: works.id, to: .admin, by: .owner, audit: audit, at: Self.now)
        try requireEqual(try await code { try await accept(invitations.0, by: eve) }, "invitation_invalid", "as owner, by an admin")
        try requireEqual(try await code { try await accept(invitations.1, by: eve) }, nil, "as admin, by an admin")
    }

    private func endsWithKey() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada)
        var key = key(of: works.id, by: ada)
        (key.scopes, key.networks, key.expiresAt) = (Set(Scope.allCases), [], nil)
        try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: works.id, by: ada))
        var invitations: [Invitation] = []
        for _ in 0..<2 {
            let invitation = Invitation(
                id: UUIDv7.make(), organisation: works.id, email: nil, role: .admin, hash: UUIDv7.make(),
                invitedBy: UserID(key.id.rawValue), createdAt: Self.now, expiresAt: Self.now + .seconds(3600))
            try await store.add(invitation, by: nil, audit: Self.audit(.invitationCreated, in: works.id))
            invitations.append(invitation)
        }
        try requireEqual(try await code { try await accept(invitations[0], by: bob) }, nil, "by a key")
        _ = try await store.revoke(key.id, of: works.id, audit: Self.audit(.keyRevoked, in: works.id, by: ada), at: Self.now)
        let eve = try await register("eve@example.org")
        try requireEqual(try await code { try await accept(invitations[1], by: eve) }, "invitation_invalid", "by a revoked key")
    }

    private func changesInviter() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .admin)])
        let invitation = try await invite(to: works, as: .member, by: bob)
        let removal = Self.audit(.memberRemoved, in: works.id, by: ada)
        _ = try await store.removeMember(bob.id, from: works.id, by: .owner, audit: removal, at: Self.now)
        try requireEqual(try await store.invitations(of: works.id, at: Self.now), [invitation], "open ones")
        _ = try await store.renew(
            invitation.id, of: works.id, by: ada.id, hash: "new", until: invitation.expiresAt,
            audit: Self.audit(.invitationRenewed, in: works.id, by: ada))
        let renewed = try await store.invitation(hash: "new", at: Self.now)
        try requireEqual(renewed?.invitedBy, ada.id, "the inviter")
        try requireEqual(try await code { if let renewed { try await accept(renewed, by: bob) } }, nil, "accepting it")
        try requireEqual(try await store.members(of: works.id).count, 2, "members")
    }

    private func closesDeleted() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada)
        // Read before the organisation is deleted, and accepted afterwards.
        let invitation = try await invite(to: works, as: .member, by: ada)
        _ = try await store.setDeleted(true, works.id, audit: Self.audit(.organisationDeleted, in: works.id, by: ada), at: Self.now)
        try requireEqual(try await store.invitation(hash: invitation.hash, at: Self.now), nil, "found")
        try requireEqual(try await code { try await accept(invitation, by: bob) }, "invitation_invalid", "accepted")
        let eve = Self.user("eve@example.org")
        let refusal = try await code {
            let acceptance = (invitation, Self.audit(.memberJoined, in: works.id, by: eve))
            _ = try await store.register(eve, audit: Self.audit(.userRegistered, in: eve.tenant, by: eve), accepting: acceptance)
        }
        try requireEqual(refusal, "invitation_invalid", "accepted by registering")
        try requireEqual(try await store.user(email: eve.email), nil, "the account")
        let restoration = Self.audit(.organisationRestored, in: works.id, by: ada)
        try require(try await store.setDeleted(false, works.id, audit: restoration, at: Self.now), "it was not restored")
        try requireEqual(try await code { try await accept(invitation, by: bob) }, nil, "accepted once it is restored")
    }

    private func leavesOpenForOthers() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada)
        let invitation = try await invite(to: works, as: .viewer, by: ada)
        try requireEqual(try await code { try await accept(invitation, by: ada) }, "already_member", "a member")
        let audit = Self.audit(.memberJoined, in: works.id, by: bob)
        // The second time simulates a retry after a lost response.
        for time in ["first", "second"] {
            let refusal = try await code { try await store.accept(invitation, by: bob.id, audit: audit, at: Self.now) }
            try requireEqual(refusal, nil, "someone else, the \(time) time")
        }
        try requireEqual(try await code { try await accept(invitation, by: bob) }, "invitation_invalid", "once more, by intent")
    }
}
