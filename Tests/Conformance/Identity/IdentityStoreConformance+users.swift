import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let userCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("a user is found by address and by id") { try await $0.findsWhatWasAdded() },
        ConformanceCase("an empty store has no users") { try await $0.findsNobody() },
        ConformanceCase("an address belongs to one user") { try await $0.refusesTakenAddress() },
        ConformanceCase("an account and the acceptance of its invitation are stored atomically") { try await $0.joinsByRegistration() },
        ConformanceCase("of ten concurrent first accounts, one succeeds") { try await $0.letsOneFirstIn() },
        ConformanceCase("a repeated transaction recognises its own work") { try await $0.knowsItsOwnWork() },
        ConformanceCase("of fifty concurrent registrations, one succeeds") { try await $0.letsOneRacerWin() },
        ConformanceCase("addresses are compared exactly") { try await $0.comparesExactly() },
        ConformanceCase("any text is stored unchanged") { try await $0.keepsHostileText() },
        ConformanceCase("users survive a restart") { try await $0.keepsUsers() },
        ConformanceCase("a working store passes its check") { try await $0.store.check() },
        ConformanceCase("the first signing key stays the first") { try await $0.keepsFirstKey() },
        ConformanceCase("of fifty concurrent keys, one is stored") { try await $0.letsOneKeyWin() },
        ConformanceCase("signing keys survive a restart") { try await $0.keepsKeys() },
        ConformanceCase("a reset token sets a password once and ends every session") { try await $0.resetsOnce() },
        ConformanceCase("a disabled user is marked, and their sessions end") { try await $0.disables() },
    ]

    private func findsWhatWasAdded() async throws {
        let user = try await register("ada@example.org")
        try requireEqual(try await store.user(email: user.email), user, "by address")
        try requireEqual(try await store.user(user.id), user, "by id")
    }

    private func findsNobody() async throws {
        try requireEqual(try await store.user(email: "ada@example.org"), nil, "by address")
        try requireEqual(try await store.user(UserID("none")), nil, "by id")
    }

    private func refusesTakenAddress() async throws {
        let first = try await register("ada@example.org")
        let second = Self.user("ada@example.org")
        let isAdded = try await store.register(second, audit: Self.audit(.userRegistered, in: second.tenant))
        try require(!isAdded, "a second user got the same address")
        try requireEqual(try await store.user(email: first.email), first, "the owner of the address")
        try requireEqual(try await store.user(second.id), nil, "the refused user")
        try requireEqual(try await store.organisation(second.tenant), nil, "the organisation of the refused user")
    }

    private func letsOneRacerWin() async throws {
        let other = try await reopen()
        let winners = try await withThrowingTaskGroup(of: User?.self) { group in
            for number in 0..<50 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask {
                    let user = Self.user("race@example.org")
                    return try await store.register(user, audit: Self.audit(.userRegistered, in: user.tenant)) ? user : nil
                }
            }
            return try await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(winners.count, 1, "winners")
        try requireEqual(try await store.user(email: "race@example.org"), winners.first, "stored user")
    }

    private func joinsByRegistration() async throws {
        let ada = try await register("ada@example.org")
        let works = try await organisation(of: ada)
        let invitation = try await invite(to: works, as: .member, by: ada)
        for (email, expected) in [("bob@example.org", String?.none), ("eve@example.org", "invitation_invalid")] {
            let user = Self.user(email)
            let entry = Self.audit(.memberJoined, in: works.id, by: user)
            let refusal = try await code {
                _ = try await store.register(user, audit: Self.audit(.userRegistered, in: user.tenant), accepting: (invitation, entry))
            }
            try requireEqual(refusal, expected, email)
            try requireEqual(try await store.user(email: email) != nil, expected == nil, "the account of \(email)")
        }
        try requireEqual(try await store.members(of: works.id).map(\.email), [ada.email, "bob@example.org"], "members")
    }

    private func letsOneFirstIn() async throws {
        let other = try await reopen()
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<10 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask {
                    let user = Self.user("first\(number)@example.org")
                    return try await self.code {
                        _ = try await store.register(user, audit: Self.audit(.userRegistered, in: user.tenant), isFirst: true)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(codes.filter { $0 == nil }.count, 1, "registered users")
        try requireEqual(try await store.users(after: nil, limit: 100).count, 1, "accounts")
    }

    /// Simulates a retry after a lost response.
    private func knowsItsOwnWork() async throws {
        let ada = Self.user("ada@example.org")
        let registration = Self.audit(.userRegistered, in: ada.tenant, by: ada)
        let bob = try await register("bob@example.org")
        let works = Organisation(id: TenantID(UUIDv7.make()), name: "Works", createdAt: Self.now)
        let creation = Self.audit(.organisationCreated, in: works.id, by: ada)
        let removal = Self.audit(.memberRemoved, in: works.id, by: ada)
        let deletion = Self.audit(.organisationDeleted, in: works.id, by: ada)
        for _ in 0..<2 { try require(try await store.register(ada, audit: registration), "the account was refused") }
        for _ in 0..<2 { try await store.create(works, owner: ada.id, audit: creation) }
        try await accept(try await invite(to: works, as: .member, by: ada), by: bob)
        for _ in 0..<2 {
            let isDone = try await store.removeMember(bob.id, from: works.id, by: .owner, audit: removal, at: Self.now)
            try require(isDone, "the removal was not recognised")
        }
        for _ in 0..<2 {
            try require(try await store.setDeleted(true, works.id, audit: deletion, at: Self.now), "the deletion was not recognised")
        }
        let revoked = try await store.revocations(after: 0, limit: 10)
        try requireEqual(revoked.count, 2, "revocations")
        try requireEqual(try await store.newestRevocation(), revoked.last?.sequence, "the newest")
    }

    private func comparesExactly() async throws {
        let user = try await register("grüße@example.org")
        try requireEqual(try await store.user(email: "GRÜSSE@example.org"), nil, "another case")
        try requireEqual(try await store.user(email: "gr%@example.org"), nil, "a pattern")
        try requireEqual(try await store.user(email: user.email), user, "the address itself")
    }

    private func keepsHostileText() async throws {
        let texts = ["o'brien@example.org", "a\"b@example.org", "x'); drop table users;--@a.b", "日本語@例え.jp", "$1@example.org"]
        for text in texts {
            var user = Self.user(text)
            user.passwordHash = "$2b$04$" + text
            try require(try await store.register(user, audit: Self.audit(.userRegistered, in: user.tenant)), "\(text) was refused")
            try requireEqual(try await store.user(email: text), user, text)
        }
    }

    private func keepsUsers() async throws {
        let user = try await register("ada@example.org")
        let again = try await reopen()
        try requireEqual(try await again.user(email: user.email), user, "after a restart")
        let isAdded = try await again.register(Self.user(user.email), audit: Self.audit(.userRegistered, in: user.tenant))
        try require(!isAdded, "the address was free after a restart")
    }

    private func keepsFirstKey() async throws {
        try requireEqual(try await store.signingKeys(), [], "keys of an empty store")
        let first = Self.signingKey(1)
        try requireEqual(try await store.addFirst(first), [first], "the first key")
        try requireEqual(try await store.addFirst(Self.signingKey(2)), [first], "after a second attempt")
        try requireEqual(try await store.signingKeys(), [first], "all keys")
    }

    private func letsOneKeyWin() async throws {
        let other = try await reopen()
        let responses = try await withThrowingTaskGroup(of: [SigningKeyRecord].self) { group in
            for number in 0..<50 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask { try await store.addFirst(Self.signingKey(number)) }
            }
            return try await group.reduce(into: Set<[SigningKeyRecord]>()) { $0.insert($1) }
        }
        try requireEqual(responses.count, 1, "different responses")
        try requireEqual(try await store.signingKeys().count, 1, "keys")
    }

    private func keepsKeys() async throws {
        let key = Self.signingKey(1)
        _ = try await store.addFirst(key)
        try requireEqual(try await reopen().signingKeys(), [key], "after a restart")
    }

    private func resetsOnce() async throws {
        let user = try await register("ada@example.org")
        let session = try await open(for: user)
        try await store.addPasswordReset(hash: "old", for: user.id, at: Self.now, until: Self.now + .seconds(60))
        try await store.addPasswordReset(hash: "h", for: user.id, at: Self.now, until: Self.now + .seconds(60))
        try requireEqual(try await store.passwordReset(hash: "old", at: Self.now), nil, "a token that was replaced")
        try requireEqual(try await store.passwordReset(hash: "h", at: Self.now + .seconds(61)), nil, "a token that has expired")
        for (hash, expected) in [("first", true), ("second", false)] {
            let audit = Self.audit(.passwordChanged, in: user.tenant, by: user)
            let isSet = try await store.resetPassword(hash: "h", passwordHash: hash, audit: audit, user: user, at: Self.now)
            try requireEqual(isSet, expected, "resetting to \(hash)")
        }
        try requireEqual(try await store.user(user.id)?.passwordHash, "first", "the password")
        try requireEqual(try await store.sessions(of: user.id), [], "sessions")
        let revoked = try await store.revocations(after: 0, limit: 10).map(\.revocation)
        try requireEqual(revoked, [.session(session.id), .user(user.id)], "revocations")
    }

    private func disables() async throws {
        let user = try await register("ada@example.org")
        let session = try await open(for: user)
        let audit = Self.audit(.userDisabled, in: user.tenant)
        try require(try await store.setDisabled(true, user.id, audit: audit, at: Self.now), "the user was not found")
        try requireEqual(try await store.user(user.id)?.disabledAt, Self.now, "the mark")
        try requireEqual(try await store.session(session.id), nil, "the session")
        _ = try await store.setDisabled(false, user.id, audit: Self.audit(.userEnabled, in: user.tenant), at: Self.now)
        try requireEqual(try await store.user(user.id), user, "after enabling")
        try require(try await store.setDisabled(true, UserID("none"), audit: audit, at: Self.now) == false, "someone was disabled")
    }

    private static func signingKey(_ number: Int) -> SigningKeyRecord {
        SigningKeyRecord(
            id: "key-\(number)", privateKey: "-----BEGIN PRIVATE KEY-----\n\(number)\n-----END PRIVATE KEY-----\n",
            createdAt: now + .seconds(number))
    }
}
