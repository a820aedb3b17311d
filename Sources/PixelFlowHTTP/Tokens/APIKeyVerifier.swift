import PixelFlowCache
import PixelFlowCore
import WireFormats

/// Verifies API keys by asking auth, and remembers the answers.
final class APIKeyVerifier: Sendable {
    /// How long an answer counts without asking again.
    private static let freshFor = Duration.seconds(60)
    /// As `freshFor`, for a key that is not known: it may have been made a moment ago on another replica.
    private static let refusedFor = Duration.seconds(5)
    /// Questions to auth at a time, and those that wait; a flood of made-up keys must not become a flood of requests.
    private static let concurrency = (running: 16, waiting: 256)

    private struct Answer: Sendable {
        let token: VerifiedToken?
        let at: Timestamp
    }

    private let answers: TwoGenerationCache<Answer>
    private let permits = AsyncSemaphore(permits: concurrency.running, waiting: concurrency.waiting)
    private let source: any IdentitySource
    private let staleLimit: Duration
    private let clock: any WallClock
    private let metrics: CacheMetrics

    /// - Parameters:
    ///   - staleLimit: how long an answer is believed while auth does not answer.
    ///   - capacity: keys remembered at most, some 500 bytes each.
    ///   - metrics: not counted in them is what `cached` finds.
    init(source: any IdentitySource, staleLimit: Duration, clock: any WallClock, capacity: Int, metrics: CacheMetrics) {
        self.source = source
        self.metrics = metrics
        self.staleLimit = staleLimit
        self.clock = clock
        answers = TwoGenerationCache(capacity: capacity)
    }

    /// A key that was verified a moment ago. Never suspends.
    func cached(_ key: String, at now: Timestamp) -> VerifiedToken? {
        guard let answer = answers[key], now.age(since: answer.at) < Self.freshFor, let token = answer.token, now < token.acceptedUntil
        else {
            return nil
        }
        return token
    }

    /// - Throws: `token_invalid` or `token_expired` (401); `auth_unavailable` (503).
    func verify(_ key: String) async throws -> VerifiedToken {
        guard SecretToken(.key, parsing: key) != nil else { throw PixelFlowError.keyMalformed }
        let now = clock.now()
        let known = answers[key]
        if let known, now.age(since: known.at) < (known.token == nil ? Self.refusedFor : Self.freshFor) {
            metrics.count(.hit)
            return try Self.require(known.token, now)
        }
        metrics.count(.miss)
        do {
            let token = try await permits.withPermit { try Self.token(try await source.introspect(key: key)) }
            answers.insert(Answer(token: token, at: now), for: key)
            return try Self.require(token, now)
        } catch let error as PixelFlowError where error.kind == .unauthenticated {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if let known, known.token != nil, now.age(since: known.at) < staleLimit {
                metrics.count(.stale)
                return try Self.require(known.token, now)
            }
            throw PixelFlowError.unavailable("auth", cause: error)
        }
    }

    private static func require(_ token: VerifiedToken?, _ now: Timestamp) throws(PixelFlowError) -> VerifiedToken {
        guard let token else { throw .tokenInvalid }
        guard now < token.acceptedUntil else { throw .tokenExpired }
        return token
    }

    /// Nil for a key that is not active.
    private static func token(_ answer: KeyIntrospection) throws(PixelFlowError) -> VerifiedToken? {
        guard answer.active, let id = answer.keyID, let tenant = answer.tenant else { return nil }
        let networks = (answer.networks ?? []).map { NetworkRange($0) }
        let expiry = answer.expiresAt.map { Timestamp(iso8601: $0) } ?? .distantFuture
        // A restriction that cannot be read must not be lifted.
        guard networks.allSatisfy({ $0 != nil }), let expiry else { throw .unavailable("auth") }
        let principal = Principal(
            user: UserID(id), email: answer.name ?? "", tenant: TenantID(tenant), role: nil, scopes: Scope.set(answer.scope ?? ""),
            credential: .key(APIKeyID(id)), lane: answer.priority)
        return VerifiedToken(principal: principal, expiresAt: expiry, acceptedUntil: expiry, networks: networks.compactMap { $0?.unmapped })
    }
}
