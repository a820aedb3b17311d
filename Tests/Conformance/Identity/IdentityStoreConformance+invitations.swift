import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let invitationCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("of twenty concurrent acceptances of an invitation, one succeeds") { try await $0.letsOneIn() },
        ConformanceCase("an invitation is valid until it is used, revoked, renewed or expired") { try await $0.endsInvitations() },
        ConformanceCase("accepting as a member leaves the invitation open") { try await $0.leavesOpenForOthers() },
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
        let isForeign = try await store.renew(invitation.id, of: bob.tenant, hash: "stolen", until: expiry, audit: renewal)
        try requireEqual(isForeign, false, "renewed by another organisation")
        let isRenewed = try await store.renew(invitation.id, of: works.id, hash: "new", until: expiry, audit: renewal)
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
