import Deadlines
import FaultProxy
import NIOCore
import PixelFlowCore
import PixelFlowIdentity
import Synchronization
import Testing

@testable import PixelFlowPostgres

/// The server does the work, but the client never hears of it.
@Suite("Broken connections to PostgreSQL", .needsPostgres, .timeLimit(.minutes(1)))
struct LostReplyTests {
    @Test("callers do not notice connections that died while idle")
    func deadIdleConnectionIsReplaced() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await store.check() } }
                try await group.waitForAll()
            }
            #expect(try await database.endConnections() > 0)
            #expect(try await store.user(email: "ada@example.org") == nil)
            try await database.endConnections()
            #expect(try await store.add(.sample("ada@example.org")))
        }
    }

    @Test("a statement whose connection is terminated is retried once, and only once", arguments: [1, 2])
    func terminatedStatementIsRetriedOnce(ended: Int) async throws {
        try await TestDatabase.with { database in
            let store = try database.open()
            try await store.prepare()
            let runs = Mutex(0)
            let work = Task {
                try await store.run(.check) { connection in
                    let run = runs.withLock { runs in
                        runs += 1
                        return runs
                    }
                    if run <= ended { try connection.execute(Self.sleep) }
                    return run
                }
            }
            for _ in 0..<ended { try await endSleeper(database) }
            if ended == 1 {
                #expect(try await work.value(within: .seconds(50), "the statement") == 2)
            } else {
                _ = await expectOutage { _ = try await work.value(within: .seconds(50), "the statement") }
            }
            #expect(runs.withLock { $0 } == 2)
        }
    }

    @Test("a transaction rolled back in favour of others is retried, and does not count against the server", arguments: [4, 5])
    func conflictingTransactionIsRetried(lost: Int) async throws {
        try await TestDatabase.with { database in
            let store = try database.open()
            try await store.prepare()
            let runs = Mutex(0)
            let work: @Sendable () async throws -> Int = {
                try await store.run(.check) { connection in
                    let run = runs.withLock { runs in
                        runs += 1
                        return runs
                    }
                    try connection.transaction {
                        if run <= lost { try connection.execute(script: run.isMultiple(of: 2) ? Self.deadlock : Self.serializationFailure) }
                    }
                    return run
                }
            }
            if lost == 4 {
                #expect(try await work() == 5)
            } else {
                _ = await expectOutage { _ = try await work() }
                // Five consecutive failures would have opened the circuit.
                #expect(try await work() == 6)
            }
        }
    }

    private static let deadlock: StaticString = "DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$"
    private static let serializationFailure: StaticString = "DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$"

    @Test("a user whose confirmation is lost is stored once, and the caller learns of it")
    func userWithALostReplyIsStoredOnce() async throws {
        try await TestDatabase.with { database in
            let (proxy, store) = try await proxied(database)
            let cut = proxy.cutReplies(toRequestsContaining: "COMMIT")
            let user = User.sample("ada@example.org")
            #expect(try await store.add(user))
            try await cut.done()
            #expect(try await store.user(email: user.email) == user)
            #expect(try await store.add(.sample(user.email)) == false)
            #expect(try await database.count(Self.users) == 1)
            try await proxy.stop()
        }
    }

    @Test("a user whose confirmation is lost repeatedly is stored completely, and the caller learns of the outage")
    func repeatedlyLostRepliesAreAnOutage() async throws {
        try await TestDatabase.with { database in
            let (proxy, store) = try await proxied(database)
            let cut = proxy.cutReplies(next: 2, toRequestsContaining: "COMMIT")
            let user = User.sample("ada@example.org")
            _ = await expectOutage { _ = try await store.add(user) }
            try await cut.done()
            #expect(try await store.add(.sample(user.email)) == false)
            #expect(try await store.user(email: user.email) == user)
            #expect(try await store.add(user))
            #expect(try await database.count(Self.users) == 1)
            try await proxy.stop()
        }
    }

    @Test("if confirmations are lost, exactly one of several racers wins")
    func oneOfSeveralRacersWins() async throws {
        try await TestDatabase.with { database in
            let (proxy, store) = try await proxied(database)
            try await store.check()
            // One fewer than the number that opens the circuit.
            proxy.cutReplies(next: 4, toRequestsContaining: "COMMIT")
            let winners = try await withThrowingTaskGroup(of: User?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let user = User.sample("race@example.org")
                        // A caller whose replies were cut twice cannot know the result; the others must not be wrong.
                        do { return try await store.add(user) ? user : nil } catch is PixelFlowError { return nil }
                    }
                }
                return try await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
            }
            proxy.restore()
            let stored = try await store.user(email: "race@example.org")
            #expect(winners.count <= 1)
            #expect(stored != nil)
            if let winner = winners.first { #expect(stored == winner) }
            #expect(try await database.count(Self.users) == 1)
            try await proxy.stop()
        }
    }

    @Test("the first signing key stays the first even if its COMMIT is not confirmed")
    func firstSigningKeyIsKept() async throws {
        try await TestDatabase.with { database in
            let (proxy, store) = try await proxied(database)
            let cut = proxy.cutReplies(toRequestsContaining: "COMMIT")
            let key = SigningKeyRecord(id: "one", privateKey: "PEM", createdAt: Timestamp(microseconds: 1))
            #expect(try await store.addFirst(key) == [key])
            try await cut.done()
            #expect(try await store.signingKeys() == [key])
            try await proxy.stop()
        }
    }

    @Test("an attempt at the second factor whose COMMIT is not confirmed counts once, and is not refused")
    func attemptAtTheSecondFactorCountsOnce() async throws {
        try await TestDatabase.with { database in
            let (proxy, store) = try await proxied(database)
            let user = User.sample("ada@example.org")
            #expect(try await store.add(user))
            try await store.offerSecondFactor("SECRET", to: user.id, at: user.createdAt)
            let audit = AuditEntry(
                id: UUIDv7.make(), organisation: user.tenant, at: user.createdAt, actor: user.id.rawValue, actorName: user.email,
                action: .secondFactorOn)
            #expect(try await store.confirmSecondFactor("SECRET", of: user.id, step: 7, recoveryHashes: [], audit: audit))
            let cut = proxy.cutReplies(toRequestsContaining: "COMMIT")
            let attempt = try await store.beginSecondFactorAttempt(of: user.id, at: user.createdAt + .seconds(1)) {
                $0 == 0 ? .zero : .seconds(60)
            }
            try await cut.done()
            guard case .admitted = attempt else {
                Issue.record("the attempt was \(attempt)")
                return
            }
            #expect(try await store.secondFactor(of: user.id)?.failures == 1)
            try await proxy.stop()
        }
    }

    @Test("tables are created once even if the confirmation is lost")
    func migrationWithALostReplyRunsOnce() async throws {
        try await TestDatabase.with { database in
            let proxy = try await database.proxy()
            let store = try database.open(database.settings(port: proxy.port))
            let cut = proxy.cutReplies(toRequestsContaining: "COMMIT")
            try await store.prepare()
            try await cut.done()
            #expect(
                try await database.count(SQLStatement("versions", "SELECT count(*) FROM schema_migrations")) == IdentityMigrations.all.count
            )
            try await proxy.stop()
        }
    }

    private static let users = SQLStatement("users", "SELECT count(*) FROM users")
    private static let sleep = SQLStatement("sleep", "SELECT 1::bigint FROM pg_sleep(60)")
    private static let endSleepers = SQLStatement(
        "end_sleepers",
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = $1 AND state = 'active' AND query LIKE '%pg_sleep%' AND query NOT LIKE '%pg_stat_activity%'
        """)

    private func endSleeper(_ database: TestDatabase) async throws {
        try await eventually(within: .seconds(30), "a statement to end") { try await database.count(Self.endSleepers, database.name) > 0 }
    }

    private func proxied(_ database: TestDatabase) async throws -> (FaultProxy, IdentityStore) {
        let proxy = try await database.proxy()
        let store = try database.store(database.settings(port: proxy.port))
        try await store.check()
        return (proxy, store)
    }
}
