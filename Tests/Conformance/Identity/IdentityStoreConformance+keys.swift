import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let keyCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("a key is found by its hash, with all its rights") { try await $0.findsKeys() },
        ConformanceCase("a key is revoked only by its own organisation, and the revocation is listed") { try await $0.revokesKeys() },
        ConformanceCase("a key of a deleted organisation is not found until it is restored") { try await $0.hidesKeysOfDeleted() },
        ConformanceCase("the keys of a disabled account's own organisation are not found until it is enabled") {
            try await $0.hidesKeysOfDisabled()
        },
        ConformanceCase("a password reset revokes the keys of the account's own organisation") { try await $0.revokesKeysAtReset() },
        ConformanceCase("the limit of keys per organisation holds under concurrency") { try await $0.boundsKeys() },
    ]

    func key(of organisation: TenantID, by user: User) -> APIKey {
        APIKey(
            id: APIKeyID(UUIDv7.make()), organisation: organisation, name: "site", hash: UUIDv7.make(), hint: "x7Qz",
            scopes: [.readTasks, .writeTasks], networks: ["192.0.2.0/24", "2001:db8::/32"], lane: .low, createdBy: user.id,
            createdAt: Self.now, expiresAt: Self.now + .seconds(60))
    }

    private func findsKeys() async throws {
        let ada = try await register("ada@example.org")
        var key = key(of: ada.tenant, by: ada)
        try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: ada.tenant, by: ada))
        try requireEqual(try await reopen().key(hash: key.hash), key, "by hash")
        try requireEqual(try await store.key(hash: "none"), nil, "by another hash")
        try await store.touch(key.id, at: Self.now)
        try await store.touch(key.id, at: Self.now + .seconds(59))
        key.lastUsedAt = Self.now
        try requireEqual(try await store.keys(of: ada.tenant), [key], "the keys of the organisation")
    }

    private func revokesKeys() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let key = key(of: ada.tenant, by: ada)
        try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: ada.tenant, by: ada))
        let audit = Self.audit(.keyRevoked, in: bob.tenant, by: bob)
        try requireEqual(try await store.revoke(key.id, of: bob.tenant, audit: audit, at: Self.now), false, "by another organisation")
        try requireEqual(try await store.keys(of: bob.tenant), [], "the keys of another organisation")
        try requireEqual(try await store.revoke(key.id, of: ada.tenant, audit: audit, at: Self.now), true, "by its organisation")
        try requireEqual(try await store.key(hash: key.hash), nil, "the key")
        try requireEqual(try await store.revocations(after: 0, limit: 10).map(\.revocation), [.key(key.id)], "revocations")
        let entries = try await store.audit(of: bob.tenant, before: nil, IdentityStore.AuditFilter(action: .keyRevoked), limit: 10)
        try requireEqual(entries.map(\.detail), [key.name], "entries of the audit log")
    }

    private func hidesKeysOfDeleted() async throws {
        let ada = try await register("ada@example.org")
        let works = try await organisation(of: ada)
        let key = key(of: works.id, by: ada)
        try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: works.id, by: ada))
        _ = try await store.setDeleted(true, works.id, audit: Self.audit(.organisationDeleted, in: works.id), at: Self.now)
        try requireEqual(try await store.key(hash: key.hash), nil, "while it is deleted")
        _ = try await store.setDeleted(false, works.id, audit: Self.audit(.organisationRestored, in: works.id), at: Self.now)
        try requireEqual(try await store.key(hash: key.hash), key, "after restoring")
    }

    private func hidesKeysOfDisabled() async throws {
        let ada = try await register("ada@example.org")
        let works = try await organisation(of: ada)
        let (own, shared) = (key(of: ada.tenant, by: ada), key(of: works.id, by: ada))
        for key in [own, shared] {
            try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: key.organisation, by: ada))
        }
        _ = try await store.setDisabled(true, ada.id, audit: Self.audit(.userDisabled, in: ada.tenant), at: Self.now)
        try requireEqual(try await store.key(hash: own.hash), nil, "by hash while it is disabled")
        try requireEqual(try await store.key(own.id, of: ada.tenant), nil, "by id while it is disabled")
        try requireEqual(try await store.key(hash: shared.hash), shared, "the key of another organisation")
        _ = try await store.setDisabled(false, ada.id, audit: Self.audit(.userEnabled, in: ada.tenant), at: Self.now)
        try requireEqual(try await store.key(hash: own.hash), own, "after enabling")
        let revoked = try await store.revocations(after: 0, limit: 10).map(\.revocation)
        try requireEqual(revoked, [.user(ada.id), .keys(of: ada.tenant), .keysRestored(of: ada.tenant)], "revocations")
    }

    private func revokesKeysAtReset() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada)
        let (own, shared, foreign) = (key(of: ada.tenant, by: ada), key(of: works.id, by: ada), key(of: bob.tenant, by: bob))
        // Made by a program with the first key, and by a member of the organisation.
        var (made, others) = (key(of: ada.tenant, by: ada), key(of: ada.tenant, by: bob))
        made.createdBy = UserID(own.id.rawValue)
        for key in [own, shared, foreign, made, others] {
            try await store.add(key, by: nil, audit: Self.audit(.keyCreated, in: key.organisation))
        }
        try await store.addPasswordReset(hash: "h", for: ada.id, at: Self.now, until: Self.now + .seconds(60))
        let audit = Self.audit(.passwordChanged, in: ada.tenant, by: ada)
        let isSet = try await store.resetPassword(hash: "h", passwordHash: "new", audit: audit, user: ada, at: Self.now)
        try require(isSet, "the token was refused")
        try requireEqual(try await store.keys(of: ada.tenant), [others], "the keys of the own organisation")
        try requireEqual(try await store.keys(of: works.id), [shared], "those of another organisation")
        try requireEqual(try await store.keys(of: bob.tenant), [foreign], "those of another account")
        let revoked = try await store.revocations(after: 0, limit: 10).map(\.revocation)
        try requireEqual(Set(revoked), [.user(ada.id), .key(own.id), .key(made.id)], "revocations")
        let entries = try await store.audit(
            of: ada.tenant, before: nil, IdentityStore.AuditFilter(action: .keyRevoked), limit: 10)
        try requireEqual(Set(entries.map(\.target)), [own.id.rawValue, made.id.rawValue], "entries of the audit log")
    }

    private func boundsKeys() async throws {
        let ada = try await register("ada@example.org")
        for _ in 0..<(IdentityStore.keyLimit - 5) {
            try await store.add(key(of: ada.tenant, by: ada), by: ada.id, audit: Self.audit(.keyCreated, in: ada.tenant, by: ada))
        }
        let other = try await reopen()
        let refused = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<10 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask {
                    let key = self.key(of: ada.tenant, by: ada)
                    return try await self.code {
                        try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: ada.tenant, by: ada))
                    }
                }
            }
            return try await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(refused, Array(repeating: "too_many_keys", count: 5), "refusals")
        try requireEqual(try await store.keys(of: ada.tenant).count, IdentityStore.keyLimit, "keys")
    }
}
