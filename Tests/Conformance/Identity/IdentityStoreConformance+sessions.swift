import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let sessionCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("a refresh token is exchanged, and returns the same one within the grace period") { try await $0.rotates() },
        ConformanceCase("a reused refresh token ends the session") { try await $0.endsOnReuse() },
        ConformanceCase("two tabs can refresh concurrently") { try await $0.letsTwoTabsRefresh() },
        ConformanceCase("only its own user can end a session, once, and it is revoked") { try await $0.endsSessions() },
        ConformanceCase("a sign-in with the old password opens no session") { try await $0.refusesOldPassword() },
        ConformanceCase("a changed password ends every other session") { try await $0.endsOthersOnPasswordChange() },
        ConformanceCase("beyond the limit, the least recently used sessions end") { try await $0.boundsSessions() },
    ]

    func open(for user: User, at time: Timestamp = now) async throws -> Session {
        let session = Session(
            id: SessionID(UUIDv7.make()), user: user.id, organisation: user.tenant, createdAt: time, expiresAt: time + .seconds(1000),
            device: "curl/8", address: "192.0.2.1")
        try await store.open(session, for: user, audit: Self.audit(.signedIn, in: user.tenant, by: user))
        return session
    }

    private func use(after seconds: Int) -> SessionUse {
        SessionUse(device: "Firefox", address: "192.0.2.2", at: Self.now + .seconds(seconds), lifetime: .seconds(1000))
    }

    private func rotate(_ session: Session, _ generation: Int64, after seconds: Int, in other: IdentityStore? = nil) async throws
        -> SessionRotation
    {
        let audit = Self.audit(.tokenReused, in: session.organisation)
        return try await (other ?? store).rotate(session.id, generation: generation, use: use(after: seconds), audit: audit)
    }

    private func rotates() async throws {
        let session = try await open(for: try await register("ada@example.org"))
        for seconds in [100, 130] {
            guard case .rotated(let next) = try await rotate(session, 1, after: seconds) else {
                throw ConformanceFailure("it was refused", file: #fileID, line: #line)
            }
            try requireEqual(next.generation, 2, "generation after \(seconds) s")
        }
        guard case .rotated(let third) = try await rotate(session, 2, after: 140) else {
            throw ConformanceFailure("it was refused", file: #fileID, line: #line)
        }
        try requireEqual(third.generation, 3, "generation")
        try requireEqual(try await store.session(session.id), third, "stored session")
        try requireEqual(third.expiresAt, Self.now + .seconds(1140), "the end has moved")
        try requireEqual([third.device, third.address], ["Firefox", "192.0.2.2"], "where it was used")
        try requireEqual(try await rotate(session, 3, after: 1141), .ended, "after its end")
    }

    private func endsOnReuse() async throws {
        let user = try await register("ada@example.org")
        for (generation, seconds) in [(Int64(1), 131), (7, 101)] {
            let session = try await open(for: user)
            _ = try await rotate(session, 1, after: 100)
            guard case .reused = try await rotate(session, generation, after: seconds) else {
                throw ConformanceFailure("it was accepted", file: #fileID, line: #line)
            }
            try requireEqual(try await store.session(session.id), nil, "the session")
            try requireEqual(try await rotate(session, 2, after: seconds), .ended, "the newest token")
            let revoked = try await store.revocations(after: 0, limit: 10).map(\.revocation)
            try require(revoked.contains(.session(session.id)), "the session was not revoked")
        }
        let reuses = try await store.audit(of: user.tenant, before: nil, .init(action: .tokenReused), limit: 10)
        try requireEqual(reuses.count, 2, "entries of the audit log")
    }

    private func letsTwoTabsRefresh() async throws {
        let session = try await open(for: try await register("ada@example.org"))
        let other = try await reopen()
        let outcomes = try await withThrowingTaskGroup(of: SessionRotation.self) { group in
            for number in 0..<20 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask { try await self.rotate(session, 1, after: 100, in: store) }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        guard outcomes.count == 1, case .rotated(let next)? = outcomes.first else {
            throw ConformanceFailure("\(outcomes)", file: #fileID, line: #line)
        }
        try requireEqual(next.generation, 2, "generation")
    }

    private func endsSessions() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let session = try await open(for: ada)
        try requireEqual(
            try await store.end(session.id, of: bob.id, audit: Self.audit(.signedOut, in: ada.tenant), at: Self.now), false,
            "by someone else")
        try requireEqual(
            try await store.end(session.id, of: ada.id, audit: Self.audit(.signedOut, in: ada.tenant), at: Self.now), true, "by its user")
        try requireEqual(
            try await store.end(session.id, of: ada.id, audit: Self.audit(.signedOut, in: ada.tenant), at: Self.now), false, "once more")
        try requireEqual(try await reopen().sessions(of: ada.id), [], "after a restart")
        try requireEqual(try await store.revocations(after: 0, limit: 10).map(\.revocation), [.session(session.id)], "revocations")
    }

    private func endsOthersOnPasswordChange() async throws {
        let user = try await register("ada@example.org")
        let (kept, other) = (try await open(for: user), try await open(for: user))
        let audit = Self.audit(.passwordChanged, in: user.tenant, by: user)
        try await store.setPassword(of: user.id, hash: "new", keeping: kept.id, audit: audit, at: Self.now)
        try requireEqual(try await store.sessions(of: user.id), [kept], "sessions")
        let revoked = try await store.revocations(after: 0, limit: 10).map(\.revocation)
        try requireEqual(revoked, [.session(other.id), .user(user.id)], "revocations")
    }

    private func refusesOldPassword() async throws {
        let user = try await register("ada@example.org")
        try await store.setPassword(of: user.id, hash: "new", audit: Self.audit(.passwordChanged, in: user.tenant), at: Self.now)
        try requireEqual(try await code { _ = try await open(for: user) }, "credentials_changed", "with the hash of before")
        guard let changed = try await store.user(user.id) else {
            throw ConformanceFailure("the user is gone", file: #fileID, line: #line)
        }
        _ = try await open(for: changed)
        _ = try await store.setDisabled(true, user.id, audit: Self.audit(.userDisabled, in: user.tenant), at: Self.now)
        try requireEqual(try await code { _ = try await open(for: changed) }, "credentials_changed", "while it is disabled")
    }

    private func boundsSessions() async throws {
        let user = try await register("ada@example.org")
        var opened: [Session] = []
        for number in 0..<(IdentityStore.sessionLimit + 2) { opened.append(try await open(for: user, at: Self.now + .seconds(number))) }
        let left = Set(try await store.sessions(of: user.id).map(\.id))
        try requireEqual(left, Set(opened.dropFirst(2).map(\.id)), "sessions")
    }
}
