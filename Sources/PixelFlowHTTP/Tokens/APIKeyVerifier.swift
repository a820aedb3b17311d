import PixelFlowCache
import PixelFlowCore
import PixelFlowLimits
import WireFormats

/// Verifies API keys with auth, and caches the results.
///
/// Anyone can send well-formed keys. A flood of unknown keys must not affect valid ones: unknown keys have a cache of their own, keys that
/// were valid before have their own concurrency limit, and a client address that sends many unknown keys is throttled.
final class APIKeyVerifier: Sendable {
    /// How long a result is used without asking auth again.
    private static let freshFor = Duration.seconds(60)
    /// The same for an unknown key; short, because another replica may have just created it.
    private static let refusedFor = Duration.seconds(5)
    /// Maximum number of unknown keys in the cache.
    private static let refusalsKept = 1024
    /// Maximum number of running and of waiting requests to auth, for keys that were valid before.
    private static let concurrency = (running: 16, waiting: 256)
    /// The same for all other keys; low, so that a flood of invalid keys does not become a flood of requests.
    private static let concurrencyOfOthers = (running: 4, waiting: 256)
    /// Unknown keys allowed per client address: a burst, then one per second. Valid keys are not counted.
    private static let failureLimit = RateLimit(name: "key-failures", quota: 60, window: .seconds(60))
    /// Maximum number of addresses to track, about 200 bytes each.
    private static let addressesKept = 10_000

    /// The result for a valid key.
    private struct CachedToken: Sendable {
        let token: VerifiedToken
        let at: Timestamp
    }

    private let cachedTokens: TwoGenerationCache<String, CachedToken>
    /// When auth last reported a key as unknown.
    private let refusals = TwoGenerationCache<String, Timestamp>(capacity: refusalsKept)
    private let permits = AsyncSemaphore(permits: concurrency.running, waiting: concurrency.waiting)
    private let permitsOfOthers = AsyncSemaphore(permits: concurrencyOfOthers.running, waiting: concurrencyOfOthers.waiting)
    private let failures: InMemoryRateLimiter
    private let source: any IdentitySource
    private let staleLimit: Duration
    private let clock: any WallClock
    private let metrics: CacheMetrics

    /// - Parameters:
    ///   - staleLimit: how long a result is used while auth is unreachable.
    ///   - capacity: maximum number of valid keys in the cache, about 500 bytes each.
    ///   - metrics: cache metrics, which do not include the hits of `cached`.
    init(source: any IdentitySource, staleLimit: Duration, clock: any WallClock, capacity: Int, metrics: CacheMetrics) {
        self.source = source
        self.metrics = metrics
        self.staleLimit = staleLimit
        self.clock = clock
        cachedTokens = TwoGenerationCache(capacity: capacity)
        failures = InMemoryRateLimiter(capacity: Self.addressesKept, clock: clock)
    }

    /// A key that was verified recently. Never suspends.
    func cached(_ key: String, at now: Timestamp) -> VerifiedToken? {
        guard let cached = cachedTokens[key], now.age(since: cached.at) < Self.freshFor, now < cached.token.acceptedUntil else {
            return nil
        }
        return cached.token
    }

    /// - Parameter client: `IPAddress.subscriber` of the client; nil if unknown, as in tests.
    /// - Throws: `token_invalid` or `token_expired` (401); `authentication_throttled` (429); `auth_unavailable` (503).
    func verify(_ key: String, from client: String?) async throws -> VerifiedToken {
        guard SecretToken(.key, parsing: key) != nil else { throw PixelFlowError.keyMalformed }
        let now = clock.now()
        let known = cachedTokens[key]
        if let known, now.age(since: known.at) < Self.freshFor {
            metrics.count(.hit)
            return try Self.require(known.token, now)
        }
        if known == nil, let refusedAt = refusals[key], now.age(since: refusedAt) < Self.refusedFor {
            metrics.count(.hit)
            throw PixelFlowError.tokenInvalid
        }
        metrics.count(.miss)
        let bucket = client.map { RateBucket(Self.failureLimit, key: "a:\($0)") }
        if known == nil, let refusal = bucket.flatMap({ failures.preview([$0]).refusal }) {
            throw PixelFlowError.authenticationThrottled(refusal.retryAfterSeconds)
        }
        do {
            let token = try await (known == nil ? permitsOfOthers : permits).withPermit { () -> VerifiedToken? in
                // Another request with the same key may have received the result while this one waited: many arrive at once after a
                // restart.
                let now = clock.now()
                if let cached = cachedTokens[key], now.age(since: cached.at) < Self.freshFor { return cached.token }
                if let refusedAt = refusals[key], now.age(since: refusedAt) < Self.refusedFor { return nil }
                return try Self.token(try await source.introspect(key: key))
            }
            guard let token else {
                cachedTokens.remove(key)
                refusals.insert(now, for: key)
                if let bucket { _ = failures.admit(1, in: [bucket]) }
                throw PixelFlowError.tokenInvalid
            }
            cachedTokens.insert(CachedToken(token: token, at: now), for: key)
            return try Self.require(token, now)
        } catch let error as PixelFlowError where error.kind == .unauthenticated {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if let known, now.age(since: known.at) < staleLimit {
                metrics.count(.stale)
                return try Self.require(known.token, now)
            }
            throw PixelFlowError.unavailable("auth", cause: error)
        }
    }

    private static func require(_ token: VerifiedToken, _ now: Timestamp) throws(PixelFlowError) -> VerifiedToken {
        guard now < token.acceptedUntil else { throw .keyExpired }
        return token
    }

    /// Nil if the key is not active.
    private static func token(_ introspection: KeyIntrospection) throws(PixelFlowError) -> VerifiedToken? {
        guard introspection.active, let id = introspection.keyID, let tenant = introspection.tenant else { return nil }
        let networks = (introspection.networks ?? []).map { NetworkRange($0) }
        let expiry = introspection.expiresAt.map { Timestamp(iso8601: $0) } ?? .distantFuture
        // A restriction that cannot be parsed must not be ignored.
        guard networks.allSatisfy({ $0 != nil }), let expiry else { throw .unavailable("auth") }
        let principal = Principal(
            user: UserID(id), email: introspection.name ?? "", tenant: TenantID(tenant), role: nil,
            scopes: Scope.set(introspection.scope ?? ""),
            credential: .key(APIKeyID(id)), lane: introspection.priority, isBounded: !networks.isEmpty || introspection.expiresAt != nil)
        return VerifiedToken(principal: principal, expiresAt: expiry, acceptedUntil: expiry, networks: networks.compactMap { $0?.unmapped })
    }
}
