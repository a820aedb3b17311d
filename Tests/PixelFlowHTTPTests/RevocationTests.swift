import Conformance
import Deadlines
import Foundation
import Logging
import MetricsTestKit
import PixelFlowCache
import PixelFlowCore
import Synchronization
import Testing

@testable import PixelFlowHTTP

/// What a replica accepts and refuses while auth is reachable and while it is not.
@Suite("Revocations and API keys of a remote auth")
struct RevocationTests {
    private let clock = ManualClock()
    private let forge = TokenForge()
    private let auth = FakeIdentities()

    private func verifier(capacity: Int = 8192) -> TokenVerifier {
        TokenVerifier(source: FakeKeySource([forge.jwk]), identities: auth, clock: clock, cacheCapacity: capacity)
    }

    private func token(_ change: [String: any Sendable]) throws -> String {
        try forge.token(TokenForge.claims(at: clock.now()).merging(change) { $1 })
    }

    private func code(_ token: String, by verifier: TokenVerifier, from client: String? = nil) async -> String? {
        do {
            _ = try await verifier.verify(token, from: client)
            return nil
        } catch {
            return (error as? PixelFlowError)?.code
        }
    }

    @Test("each kind of revocation affects only its subject")
    func revocationAffectsOnlyItsSubject() async throws {
        let session = try token(["sid": "s1", "mv": 3])
        let other = try token(["sid": "s2", "mv": 4])
        let old = try token([:])
        let expected: [(Revocation, refused: [String])] = [
            (.session(SessionID("s1")), [session]), (.member(UserID("user-1"), TenantID("tenant-1"), before: 4), [session, old]),
            (.member(UserID("user-1"), TenantID("tenant-2"), before: 9), []), (.user(UserID("user-1")), [old]),
            (.organisation(TenantID("tenant-1")), [session, other, old]), (.key(APIKeyID("s1")), []),
        ]
        for (revocation, refused) in expected {
            let auth = FakeIdentities()
            auth.revoke(revocation)
            let verifier = TokenVerifier(source: FakeKeySource([forge.jwk]), identities: auth, clock: clock)
            for token in [session, other, old] {
                #expect(await code(token, by: verifier) == (refused.contains(token) ? "token_revoked" : nil), "\(revocation)")
            }
        }
    }

    @Test("no cached result is used for longer if the clock is set back")
    func noCachedResultOutlivesASetBackClock() async throws {
        let key = SecretToken(.key).text
        auth.activate(key)
        let verifier = verifier()
        let token = try token(["sid": "s1", "nbf": 0])
        #expect(await code(token, by: verifier) == nil)
        #expect(await code(key, by: verifier) == nil)
        clock.advance(by: .seconds(-3600))
        auth.revoke(.session(SessionID("s1")))
        auth.deactivate(key)
        // Within the ten seconds in which every revocation takes effect, whatever the clock shows.
        clock.advance(by: .seconds(10))
        #expect(await code(token, by: verifier) == "token_revoked")
        #expect(await code(key, by: verifier) == "token_invalid")
        clock.advance(by: .seconds(10))
        #expect(await code(token, by: verifier) == "token_revoked")
    }

    @Test("replicas with skewed clocks agree on tokens and revocations", arguments: [-25, 25])
    func skewedReplicasAgree(seconds: Int) async throws {
        let other = ManualClock(start: clock.now() + .seconds(seconds))
        let verifiers = [verifier(), TokenVerifier(source: FakeKeySource([forge.jwk]), identities: auth, clock: other)]
        let token = try token(["sid": "s1"])
        for verifier in verifiers { #expect(await code(token, by: verifier) == nil) }
        auth.revoke(.session(SessionID("s1")))
        for clock in [clock, other] { clock.advance(by: .seconds(10)) }
        for verifier in verifiers { #expect(await code(token, by: verifier) == "token_revoked") }
    }

    @Test("a restored organisation is accepted again")
    func restoredOrganisationIsAccepted() async throws {
        let (verifier, token) = (verifier(), try token([:]))
        auth.revoke(.organisation(TenantID("tenant-1")))
        #expect(await code(token, by: verifier) == "token_revoked")
        auth.revoke(.organisationRestored(TenantID("tenant-1")))
        await verifier.refreshRevocations()
        #expect(await code(token, by: verifier) == nil)
    }

    @Test("the keys of an organisation are refused until they are restored, also cached ones, and its tokens are not")
    func keysOfOrganisationAreRefused() async throws {
        let (verifier, token, key) = (verifier(), try token([:]), SecretToken(.key).text)
        auth.activate(key)
        #expect(await code(key, by: verifier) == nil)
        auth.revoke(.keys(of: TenantID("tenant-2")))
        await verifier.refreshRevocations()
        #expect(await code(key, by: verifier) == nil)
        auth.revoke(.keys(of: TenantID("tenant-1")))
        await verifier.refreshRevocations()
        #expect(await code(key, by: verifier) == "token_revoked")
        #expect(await code(token, by: verifier) == nil)
        auth.revoke(.keysRestored(of: TenantID("tenant-1")))
        await verifier.refreshRevocations()
        #expect(await code(key, by: verifier) == nil)
    }

    /// The clock does not move, so only the signal can cause a refresh.
    @Test("a revocation by another process is refused immediately if it is signalled")
    func signalledRevocationIsRefusedImmediately() async throws {
        let (verifier, token, signal) = (verifier(), try token(["sid": "s1"]), LocalSignal())
        #expect(await code(token, by: verifier) == nil)
        let follower = Task { try await RevocationFollower(signal, verifier: verifier, logger: Logger(label: "test")).run() }
        auth.revoke(.session(SessionID("s1")))
        #expect(await code(token, by: verifier) == nil)
        let other = TokenVerifier(source: FakeKeySource([forge.jwk]), identities: auth, signal: signal, clock: clock)
        await other.refreshRevocations()
        try await eventually("the token to be refused") { await code(token, by: verifier) == "token_revoked" ? () : nil }
        follower.cancel()
        try await follower.value("the follower to end")
    }

    @Test("after an idle period, a request waits for a refresh instead of using an old list")
    func requestWaitsForStaleList() async throws {
        let (verifier, token) = (verifier(), try token(["sid": "s1"]))
        #expect(await code(token, by: verifier) == nil)
        auth.revoke(.session(SessionID("s1")))
        clock.advance(by: .seconds(9))
        #expect(await code(token, by: verifier) == "token_revoked")
    }

    @Test("while auth is down, the last list is used for five minutes; then nothing is accepted")
    func lastListIsUsedForFiveMinutes() async throws {
        let (verifier, token) = (verifier(), try token(["sid": "s1"]))
        let principal = try await verifier.verify(token)
        auth.isDown = true
        clock.advance(by: .seconds(299))
        #expect(await code(token, by: verifier) == nil)
        #expect(!verifier.isRevoked(principal))
        clock.advance(by: .seconds(2))
        #expect(await code(token, by: verifier) == "auth_unavailable")
        #expect(verifier.isRevoked(principal), "a stream must end, too")
        auth.isDown = false
        clock.advance(by: .seconds(3))
        #expect(await code(token, by: verifier) == nil)
        #expect(!verifier.isRevoked(principal))
    }

    @Test("lookups of sessions and keys are counted by outcome")
    func countsLookUps() async throws {
        let metrics = TestMetrics()
        let verifier = TokenVerifier(source: FakeKeySource([forge.jwk]), identities: auth, clock: clock, metrics: metrics)
        func counts(_ cache: String) throws -> [Int] {
            try ["hit", "miss", "stale"].map { result in
                Int(try metrics.expectCounter("cache_requests_total", [("cache", cache), ("result", result)]).totalValue)
            }
        }
        let (token, key, unknown) = (try token(["sid": "s1"]), SecretToken(.key).text, SecretToken(.key).text)
        auth.activate(key)
        for _ in 0..<3 {
            #expect(await code(token, by: verifier) == nil)
            #expect(await code(key, by: verifier) == nil)
        }
        #expect(try counts("sessions") == [2, 1, 0])
        #expect(try counts("keys") == [2, 1, 0])
        for _ in 0..<2 { #expect(await code(unknown, by: verifier) == "token_invalid") }
        #expect(try counts("keys") == [3, 2, 0])
        // A lookup that finds a session that is then refused is counted once.
        auth.revoke(.session(SessionID("s1")))
        clock.advance(by: .seconds(10))
        #expect(await code(token, by: verifier) == "token_revoked")
        #expect(try counts("sessions") == [3, 1, 0])
        auth.isDown = true
        clock.advance(by: .seconds(61))
        #expect(await code(key, by: verifier) == nil)
        #expect(try counts("keys") == [3, 3, 1])
    }

    @Test("nothing is accepted before the list has been read")
    func nothingIsAcceptedWithoutAList() async throws {
        auth.isDown = true
        #expect(await code(try token([:]), by: verifier()) == "auth_unavailable")
    }

    @Test("all pages of a list are read")
    func readsAllPages() async throws {
        for number in 0..<10 { auth.revoke(.session(SessionID("s\(number)"))) }
        let verifier = verifier()
        for number in 0..<10 { #expect(await code(try token(["sid": "s\(number)"]), by: verifier) == "token_revoked") }
    }

    @Test("a revocation is dropped once it affects no valid token, and not earlier")
    func obsoleteRevocationsAreDropped() async throws {
        var revoked = RevokedCredentials()
        let start = clock.now()
        let all: [Revocation] = [
            .session(SessionID("s")), .key(APIKeyID("k")), .member(UserID("u"), TenantID("t"), before: 2), .user(UserID("u")),
            .organisation(TenantID("t")),
        ]
        for revocation in all { revoked.insert(revocation, until: start + .seconds(100)) }
        revoked.insert(.session(SessionID("ever")), until: .distantFuture)
        // Revoked again, it is kept until the later of the two times.
        revoked.insert(.member(UserID("u"), TenantID("t"), before: 1), until: start + .seconds(1000))
        revoked.prune(at: start + .seconds(99))
        #expect(revoked.count == 6)
        revoked.prune(at: start + .seconds(159))
        #expect(revoked.count == 2)
        let member = Principal(user: UserID("u"), email: "", tenant: TenantID("t"), membershipVersion: 1)
        #expect(!revoked.allows(member))
        revoked.prune(at: start + .seconds(1001))
        #expect(revoked.count == 1)
        #expect(revoked.allows(member))
    }

    @Test("a revocation contains the time at which it becomes obsolete")
    func revocationContainsItsEnd() throws {
        let record = RevocationRecord(sequence: 1, revocation: .session(SessionID("s")), at: clock.now())
        let page = RevocationPage([record], after: 0, limit: 1, newest: 1, lifetime: .seconds(60))
        let read = try JSONDecoder().decode(RevocationPage.self, from: try JSONEncoder().encode(page))
        #expect(read.revocations.map(\.end) == [clock.now() + .seconds(60)])
        let older = RevocationPage([record], after: 0, limit: 1, newest: 1)
        #expect(older.revocations.map(\.end) == [nil])
    }

    @Test("revocations of kinds that only a newer auth supports are skipped, page by page")
    func unknownKindsAreSkipped() async throws {
        for _ in 0..<10 { auth.revoke(nil) }
        auth.revoke(.session(SessionID("new")))
        #expect(await code(try token(["sid": "new"]), by: verifier()) == "token_revoked")
    }

    @Test("sequence numbers that are reused after a restore of the database are read again")
    func reusedSequenceNumbersAreRead() async throws {
        for number in 0..<5 { auth.revoke(.session(SessionID("s\(number)"))) }
        let (verifier, token) = (verifier(), try token(["sid": "new"]))
        #expect(await code(token, by: verifier) == nil)
        auth.restore(to: 2)
        auth.revoke(.session(SessionID("new")))
        await verifier.refreshRevocations()
        #expect(await code(token, by: verifier) == "token_revoked")
    }

    @Test("a key is verified with auth once a minute, and is accepted for five minutes without auth")
    func keyIsCachedAndSurvivesOutages() async throws {
        let (verifier, key) = (verifier(), SecretToken(.key).text)
        auth.activate(key)
        let principal = try await verifier.verify(key)
        #expect(principal.scopes == [.readTasks])
        #expect(principal.credential == .key(APIKeyID("k1")))
        _ = try await verifier.verify(key)
        #expect(auth.questions == 1)
        clock.advance(by: .seconds(61))
        _ = try await verifier.verify(key)
        #expect(auth.questions == 2)
        auth.isDown = true
        clock.advance(by: .seconds(290))
        #expect(await code(key, by: verifier) == nil)
        clock.advance(by: .seconds(20))
        #expect(await code(key, by: verifier) == "auth_unavailable")
    }

    @Test("many concurrent requests with one new key are verified with a few requests to auth")
    func concurrentRequestsShareVerification() async throws {
        let (verifier, key) = (verifier(), SecretToken(.key).text)
        auth.activate(key)
        let codes = await withTaskGroup { group in
            for _ in 0..<200 { group.addTask { await code(key, by: verifier) } }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(codes.allSatisfy { $0 == nil })
        #expect(auth.questions <= 4)
    }

    @Test("a mistyped key is refused without a request, and an unknown one is checked again after five seconds")
    func mistypedAndUnknownKeysAreRefused() async throws {
        let (verifier, key) = (verifier(), SecretToken(.key).text)
        let typo = String(key.dropLast()) + (key.hasSuffix("0") ? "1" : "0")
        #expect(await code(typo, by: verifier) == "token_invalid")
        #expect(auth.questions == 0)
        for _ in 0..<3 { #expect(await code(key, by: verifier) == "token_invalid") }
        #expect(auth.questions == 1)
        auth.activate(key)
        clock.advance(by: .seconds(6))
        #expect(await code(key, by: verifier) == nil)
    }

    @Test("unknown keys do not evict valid ones from the cache")
    func unknownKeysEvictNoValidKey() async throws {
        let (verifier, key) = (verifier(capacity: 4), SecretToken(.key).text)
        auth.activate(key)
        #expect(await code(key, by: verifier) == nil)
        for _ in 0..<100 { #expect(await code(SecretToken(.key).text, by: verifier) == "token_invalid") }
        clock.advance(by: .seconds(61))
        // Its cached result is used without auth.
        auth.isDown = true
        #expect(await code(key, by: verifier) == nil)
    }

    @Test("a key that is no longer valid is not cached as valid")
    func endedKeyIsNotCachedAsValid() async throws {
        let (verifier, key) = (verifier(), SecretToken(.key).text)
        auth.activate(key)
        #expect(await code(key, by: verifier) == nil)
        auth.deactivate(key)
        clock.advance(by: .seconds(61))
        #expect(await code(key, by: verifier) == "token_invalid")
        auth.isDown = true
        clock.advance(by: .seconds(6))
        #expect(await code(key, by: verifier) == "auth_unavailable")
    }

    /// Auth holds back all results of unknown keys until the valid one has been verified.
    @Test("while unknown keys use all requests to auth, a key that was valid before has its own", .timeLimit(.minutes(1)))
    func validKeysHaveOwnConcurrency() async throws {
        let (verifier, key) = (verifier(), SecretToken(.key).text)
        auth.activate(key)
        #expect(await code(key, by: verifier) == nil)
        // When its cached result has expired.
        clock.advance(by: .seconds(301))
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        // bounded: by `release`.
        let gate = Task { for await _ in held {} }
        // bounded: by `release`, which the test finishes.
        auth.holdUnknown { await gate.value }
        let (refused, refusal) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<300 {
                group.addTask {
                    let response = await code(SecretToken(.key).text, by: verifier)
                    #expect(response == "token_invalid" || response == "auth_unavailable")
                    if response == "auth_unavailable" { refusal.yield() }
                }
            }
            // One is refused once the queue is full.
            var iterator = refused.makeAsyncIterator()
            try await iterator.next("a made-up key to be refused")
            #expect(await code(key, by: verifier) == nil)
            release.finish()
        }
    }

    @Test("an address with many unknown keys is throttled before auth is asked, and others are not")
    func addressWithUnknownKeysIsThrottled() async throws {
        let (verifier, key) = (verifier(), SecretToken(.key).text)
        auth.activate(key)
        let unknown = SecretToken(.key).text
        // The same key again is not counted.
        for _ in 0..<200 { #expect(await code(unknown, by: verifier, from: "203.0.113.9") == "token_invalid") }
        for _ in 0..<59 { #expect(await code(SecretToken(.key).text, by: verifier, from: "203.0.113.9") == "token_invalid") }
        let questions = auth.questions
        #expect(questions == 60)
        for _ in 0..<10 { #expect(await code(SecretToken(.key).text, by: verifier, from: "203.0.113.9") == "authentication_throttled") }
        #expect(auth.questions == questions)
        #expect(await code(SecretToken(.key).text, by: verifier, from: "203.0.113.10") == "token_invalid")
        #expect(await code(key, by: verifier, from: "203.0.113.10") == nil)
        #expect(await code(key, by: verifier, from: "203.0.113.9") == nil)
        clock.advance(by: .seconds(1))
        #expect(await code(SecretToken(.key).text, by: verifier, from: "203.0.113.9") == "token_invalid")
        #expect(await code(SecretToken(.key).text, by: verifier, from: "203.0.113.9") == "authentication_throttled")
    }
}

/// A fake auth with pages of three.
private final class FakeIdentities: IdentitySource {
    private struct State {
        var records: [RevocationRecord] = []
        var newest: Int64 = 0
        var keys: Set<String> = []
        var questions = 0
        var isDown = false
        var hold: (@Sendable () async -> Void)?
    }

    private let state = Mutex(State())

    var isDown: Bool {
        get { state.withLock(\.isDown) }
        set { state.withLock { $0.isDown = newValue } }
    }

    /// How many keys were introspected.
    var questions: Int { state.withLock(\.questions) }

    func activate(_ key: String) { state.withLock { _ = $0.keys.insert(key) } }

    func deactivate(_ key: String) { state.withLock { _ = $0.keys.remove(key) } }

    func revoke(_ revocation: Revocation?) {
        state.withLock { state in
            state.newest += 1
            state.records.append(RevocationRecord(sequence: state.newest, revocation: revocation, at: Timestamp(microseconds: 0)))
        }
    }

    /// Like a database that was restored from a backup.
    func restore(to sequence: Int64) {
        state.withLock { state in
            state.newest = sequence
            state.records.removeAll { $0.sequence > sequence }
        }
    }

    /// Delays the results of unknown keys until `release` returns.
    func holdUnknown(until release: @escaping @Sendable () async -> Void) { state.withLock { $0.hold = release } }

    func introspect(key: String) async throws -> KeyIntrospection {
        if let hold = state.withLock({ $0.keys.contains(key) ? nil : $0.hold }) { await hold() }
        return try state.withLock { state in
            guard !state.isDown else { throw PixelFlowError.unavailable("auth") }
            state.questions += 1
            guard state.keys.contains(key) else { return .inactive }
            return KeyIntrospection(active: true, keyID: "k1", name: "site", tenant: "tenant-1", scope: "tasks:read")
        }
    }

    func revocations(after sequence: Int64) async throws -> RevocationPage {
        try state.withLock { state in
            guard !state.isDown else { throw PixelFlowError.unavailable("auth") }
            let page = Array(state.records.filter { $0.sequence > sequence }.prefix(3))
            return RevocationPage(page, after: sequence, limit: 3, newest: state.newest)
        }
    }

    func deletedOrganisations(after position: Int64) async throws -> DeletedOrganisations {
        DeletedOrganisations(organisations: [], next: position, more: false)
    }
}

/// Signals one follower in the same process.
private final class LocalSignal: InvalidationSignal {
    private let signals = AsyncStream.makeStream(of: Void.self)

    func send() { signals.continuation.yield() }

    func receive() async throws {
        var iterator = signals.stream.makeAsyncIterator()
        // bounded: by the test, which ends the follower.
        guard await iterator.next() != nil else { throw CancellationError() }
    }
}
