import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let secondFactorCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("a code signs in once, even if tried twenty times concurrently") { try await $0.spends(.step(8), once: "a step") },
        ConformanceCase("a recovery code signs in once, even if tried twenty times concurrently") {
            try await $0.spends(.recoveryCode(hash: "b"), once: "a recovery code")
        },
        ConformanceCase("a code of an earlier step is refused") { try await $0.refusesEarlierStep() },
        ConformanceCase("a concurrent sign-in without a code cannot bypass the second factor") { try await $0.refusesSignInWithoutCode() },
        ConformanceCase("a secret is confirmed once, and can be replaced until then") { try await $0.confirmsOnce() },
        ConformanceCase("wrong codes are counted until a correct one") { try await $0.countsFailures() },
        ConformanceCase("of concurrent attempts, as many are admitted as of consecutive ones") { try await $0.countsConcurrentAttempts() },
        ConformanceCase("a second factor is deleted with its account") { try await $0.removes() },
    ]

    private func signIn(
        _ user: User, _ use: SecondFactorUse?, in other: IdentityStore? = nil
    ) async throws -> String? {
        try await code {
            let session = Session(
                id: SessionID(UUIDv7.make()), user: user.id, organisation: user.tenant, createdAt: Self.now,
                expiresAt: Self.now + .seconds(3600), device: "test", address: "192.0.2.1")
            try await (other ?? store).open(
                session, for: user, spending: use, audit: Self.audit(.signedIn, in: user.tenant, by: user))
        }
    }

    /// A user with the second factor enabled by the code of step 7.
    private func protected() async throws -> User {
        let user = try await register("ada@example.org")
        try await store.offerSecondFactor("SECRET", to: user.id, at: Self.now)
        let isConfirmed = try await store.confirmSecondFactor(
            "SECRET", of: user.id, step: 7, recoveryHashes: ["a", "b"], audit: Self.audit(.secondFactorOn, in: user.tenant, by: user))
        try require(isConfirmed, "the second factor was not confirmed")
        return user
    }

    private func spends(_ use: SecondFactorUse, once name: String) async throws {
        let user = try await protected()
        let other = try await reopen()
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<20 { group.addTask { try await signIn(user, use, in: number.isMultiple(of: 2) ? store : other) } }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        try requireEqual(codes.filter { $0 == nil }.count, 1, "sign-ins by \(name)")
        try requireEqual(Set(codes.compactMap { $0 }), ["second_factor_invalid"], "the others")
        try requireEqual(try await store.sessions(of: user.id).count, 1, "sessions")
    }

    private func refusesEarlierStep() async throws {
        let user = try await protected()
        for step in [Int64(6), 7] { try requireEqual(try await signIn(user, .step(step)), "second_factor_invalid", "step \(step)") }
        try requireEqual(try await signIn(user, .step(9)), nil, "step 9")
        try requireEqual(try await signIn(user, .step(8)), "second_factor_invalid", "step 8 after 9")
    }

    private func refusesSignInWithoutCode() async throws {
        let user = try await protected()
        try requireEqual(try await signIn(user, nil), "credentials_changed", "a sign-in that knew of no second factor")
        try requireEqual(try await store.sessions(of: user.id), [], "sessions")
    }

    private func confirmsOnce() async throws {
        let user = try await register("ada@example.org")
        try requireEqual(try await store.secondFactor(of: user.id), nil, "before")
        try await store.offerSecondFactor("FIRST", to: user.id, at: Self.now)
        try await store.offerSecondFactor("SECOND", to: user.id, at: Self.now)
        try requireEqual(try await signIn(user, nil), nil, "a sign-in while it is offered")
        for (secret, expected) in [("FIRST", false), ("SECOND", true), ("SECOND", false)] {
            let audit = Self.audit(.secondFactorOn, in: user.tenant, by: user)
            let isConfirmed = try await store.confirmSecondFactor(secret, of: user.id, step: 7, recoveryHashes: ["a"], audit: audit)
            try requireEqual(isConfirmed, expected, "confirming \(secret)")
        }
        let factor = try await store.secondFactor(of: user.id)
        try requireEqual(factor?.secret, "SECOND", "the secret")
        try requireEqual(factor?.confirmedAt, Self.now, "when it was confirmed")
        try requireEqual(factor?.lastStep, 7, "the step that is spent")
        try requireEqual(factor?.recoveryHashes, ["a"], "recovery codes")
        let refusal = try await code { try await store.offerSecondFactor("THIRD", to: user.id, at: Self.now) }
        try requireEqual(refusal, "second_factor_on", "offer with a confirmed second factor")
    }

    private func countsFailures() async throws {
        let user = try await protected()
        for _ in 0..<3 { _ = try await attempt(of: user) }
        let failed = try await store.secondFactor(of: user.id)
        try requireEqual(failed?.failures, 3, "failures")
        try requireEqual(failed?.failedAt, Self.now, "the last failure")
        for use in [SecondFactorUse.step(8), .recoveryCode(hash: "a")] {
            _ = try await attempt(of: user)
            try requireEqual(try await signIn(user, use), nil, "a right code")
            try requireEqual(try await store.secondFactor(of: user.id)?.failures, 0, "failures after a right code")
        }
    }

    /// Begins an attempt where five are allowed in a minute.
    private func attempt(
        of user: User, after delay: Duration = .zero, in other: IdentityStore? = nil
    ) async throws -> SecondFactorAttempt {
        try await (other ?? store).beginSecondFactorAttempt(of: user.id, at: Self.now + delay) { $0 < 5 ? .zero : .seconds(60) }
    }

    private func countsConcurrentAttempts() async throws {
        let user = try await protected()
        let other = try await reopen()
        let attempts = try await withThrowingTaskGroup(of: SecondFactorAttempt.self) { group in
            for number in 0..<20 { group.addTask { try await attempt(of: user, in: number.isMultiple(of: 2) ? store : other) } }
            return try await group.reduce(into: [SecondFactorAttempt]()) { $0.append($1) }
        }
        try requireEqual(attempts.filter { $0 == .refused(until: Self.now + .seconds(60)) }.count, 15, "refused attempts")
        let admitted = attempts.compactMap { if case .admitted(let factor) = $0 { factor.failures } else { nil } }
        try requireEqual(admitted.sorted(), [0, 1, 2, 3, 4], "failures that the admitted attempts saw")
        guard case .admitted = try await attempt(of: user, after: .seconds(60)) else {
            throw ConformanceFailure("an attempt after the pause was refused", file: #fileID, line: #line)
        }
        try requireEqual(try await attempt(of: try await register("bob@example.org")), .off, "without a second factor")
    }

    private func removes() async throws {
        let user = try await protected()
        for _ in 0..<2 {
            let audit = Self.audit(.secondFactorOff, in: user.tenant, by: user)
            try await store.removeSecondFactor(of: user.id, audit: audit)
            try requireEqual(try await store.secondFactor(of: user.id), nil, "after turning it off")
        }
        let actions = try await store.audit(of: user.tenant, before: nil, limit: 10).map(\.action)
        try requireEqual(actions, [.secondFactorOff, .secondFactorOn, .userRegistered], "entries of the audit log")
        try requireEqual(try await signIn(user, nil), nil, "a sign-in without a code")
        try await store.offerSecondFactor("NEXT", to: user.id, at: Self.now)
        try await store.delete(user, audit: Self.audit(.userDeleted, in: user.tenant, by: user), at: Self.now)
        try requireEqual(try await store.secondFactor(of: user.id), nil, "after the account")
    }
}
