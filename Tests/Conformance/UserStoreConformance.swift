package import PixelFlowCore

/// What every store of users and signing keys has to keep. Some rules add users under fixed
/// addresses: each run needs an empty store.
package struct UserStoreConformance: Sendable {
    package typealias Store = any UserStore & SigningKeyStore

    private let store: Store
    private let reopen: @Sendable () async throws -> Store

    /// - Parameters:
    ///   - store: empty.
    ///   - reopen: opens the same data once more, as another process or a restart would.
    package init(store: Store, reopen: @escaping @Sendable () async throws -> Store) {
        self.store = store
        self.reopen = reopen
    }

    package static let cases: [ConformanceCase<UserStoreConformance>] = [
        ConformanceCase("a user is found by address and by id") { try await $0.findsWhatWasAdded() },
        ConformanceCase("nobody is found in an empty store") { try await $0.findsNobody() },
        ConformanceCase("an address belongs to one user") { try await $0.refusesTakenAddress() },
        ConformanceCase("of fifty racing registrations one wins") { try await $0.letsOneRacerWin() },
        ConformanceCase("addresses are compared to the letter") { try await $0.comparesExactly() },
        ConformanceCase("text comes back as it was, whatever it holds") { try await $0.keepsHostileText() },
        ConformanceCase("users survive a restart") { try await $0.keepsUsers() },
        ConformanceCase("a store that works says so") { try await $0.store.check() },
        ConformanceCase("the first signing key stays the first") { try await $0.keepsFirstKey() },
        ConformanceCase("of fifty racing keys one wins") { try await $0.letsOneKeyWin() },
        ConformanceCase("signing keys survive a restart") { try await $0.keepsKeys() },
    ]

    private func findsWhatWasAdded() async throws {
        let user = Self.user("ada@example.org")
        try require(try await store.add(user), "a new user was refused")
        try requireEqual(try await store.find(email: user.email), user, "by address")
        try requireEqual(try await store.find(id: user.id), user, "by id")
    }

    private func findsNobody() async throws {
        try requireEqual(try await store.find(email: "ada@example.org"), nil, "by address")
        try requireEqual(try await store.find(id: UserID("none")), nil, "by id")
    }

    private func refusesTakenAddress() async throws {
        let first = Self.user("ada@example.org")
        let second = Self.user("ada@example.org")
        try require(try await store.add(first), "the first user was refused")
        try require(try await store.add(second) == false, "a second user got the same address")
        try requireEqual(try await store.find(email: first.email), first, "the owner of the address")
        try requireEqual(try await store.find(id: second.id), nil, "the refused user")
    }

    private func letsOneRacerWin() async throws {
        let other = try await reopen()
        let winners = try await withThrowingTaskGroup(of: User?.self) { group in
            for number in 0..<50 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask {
                    let user = Self.user("race@example.org")
                    return try await store.add(user) ? user : nil
                }
            }
            return try await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(winners.count, 1, "winners")
        try requireEqual(try await store.find(email: "race@example.org"), winners.first, "who is stored")
    }

    private func comparesExactly() async throws {
        let user = Self.user("grüße@example.org")
        _ = try await store.add(user)
        try requireEqual(try await store.find(email: "GRÜSSE@example.org"), nil, "another case")
        try requireEqual(try await store.find(email: "gr%@example.org"), nil, "a pattern")
        try requireEqual(try await store.find(email: user.email), user, "the address itself")
    }

    private func keepsHostileText() async throws {
        let texts = ["o'brien@example.org", "a\"b@example.org", "x'); drop table users;--@a.b", "日本語@例え.jp", "$where@example.org"]
        for text in texts {
            var user = Self.user(text)
            user.passwordHash = "$2b$04$" + text
            try require(try await store.add(user), "\(text) was refused")
            try requireEqual(try await store.find(email: text), user, text)
        }
    }

    private func keepsUsers() async throws {
        let user = Self.user("ada@example.org")
        _ = try await store.add(user)
        let again = try await reopen()
        try requireEqual(try await again.find(email: user.email), user, "after a restart")
        try require(try await again.add(Self.user(user.email)) == false, "the address was free after a restart")
    }

    private func keepsFirstKey() async throws {
        try requireEqual(try await store.signingKeys(), [], "keys of an empty store")
        let first = Self.key(1)
        try requireEqual(try await store.addFirst(first), [first], "the first key")
        try requireEqual(try await store.addFirst(Self.key(2)), [first], "after a second attempt")
        try requireEqual(try await store.signingKeys(), [first], "all keys")
    }

    private func letsOneKeyWin() async throws {
        let other = try await reopen()
        let answers = try await withThrowingTaskGroup(of: [SigningKeyRecord].self) { group in
            for number in 0..<50 {
                let store = number.isMultiple(of: 2) ? store : other
                group.addTask { try await store.addFirst(Self.key(number)) }
            }
            return try await group.reduce(into: Set<[SigningKeyRecord]>()) { $0.insert($1) }
        }
        try requireEqual(answers.count, 1, "different answers")
        try requireEqual(try await store.signingKeys().count, 1, "keys")
    }

    private func keepsKeys() async throws {
        let key = Self.key(1)
        _ = try await store.addFirst(key)
        try requireEqual(try await reopen().signingKeys(), [key], "after a restart")
    }

    private static func user(_ email: String) -> User {
        User(
            id: UserID(UUIDv7.make()), email: email, passwordHash: "$2b$04$abcdefghijklmnopqrstuv", tenant: TenantID(UUIDv7.make()),
            createdAt: Timestamp(microseconds: 1_767_225_600_123_456))
    }

    private static func key(_ number: Int) -> SigningKeyRecord {
        SigningKeyRecord(
            id: "key-\(number)", privateKey: "-----BEGIN PRIVATE KEY-----\n\(number)\n-----END PRIVATE KEY-----\n",
            createdAt: Timestamp(microseconds: 1_767_225_600_123_456 + Int64(number)))
    }
}
