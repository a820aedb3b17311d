package import Logging
package import PixelFlowCore
import Synchronization

/// The credentials that must no longer be accepted, at hand in every replica, so that a request asks nobody.
///
/// The list is renewed in the background while it is used, and waited for if it is older than `maxAge`. While auth is down the
/// last list goes on for `staleLimit`; after that no credential is accepted, because one of them may have been revoked.
package final class RevocationList: Sendable {
    /// Beyond this age a list is renewed in the background.
    private static let pollInterval = Duration.seconds(2)
    /// Beyond this age a request waits for a renewal, so that a revocation takes effect within ten seconds after a quiet time, too.
    private static let maxAge = Duration.seconds(8)

    private struct State {
        var revoked = RevokedCredentials()
        var sequence: Int64 = 0
        var renewedAt: Timestamp?
        var nextAttempt = Timestamp(microseconds: 0)
        var hasFailed = false
    }

    private let state = Mutex(State())
    private let renewing = SingleFlight<Void>()
    private let source: any IdentitySource
    private let staleLimit: Duration
    private let clock: any WallClock
    private let logger: Logger

    /// - Parameter staleLimit: how long the last list is believed while auth does not answer.
    package init(source: any IdentitySource, staleLimit: Duration = .seconds(300), clock: any WallClock, logger: Logger) {
        self.source = source
        self.staleLimit = staleLimit
        self.clock = clock
        self.logger = logger
    }

    /// Reads the list if there is none yet.
    ///
    /// - Throws: `auth_unavailable`.
    package func prepare() async throws {
        guard state.withLock({ $0.renewedAt == nil }) else { return }
        do {
            try await renewing.run { try await self.renew() }
        } catch {
            throw PixelFlowError.unavailable("auth", cause: error)
        }
    }

    /// Reads what is new at once: for the process that has revoked something itself. A renewal that fails is logged, and the list is
    /// renewed with the next requests.
    package func refresh() async {
        // Twice, because a renewal under way may have read before the change.
        for _ in 0..<2 { try? await renewing.run { try await self.renew() } }
    }

    /// Whether a principal is not revoked, by a list that is young enough; nil if the list must be renewed first. Never suspends.
    func judge(_ principal: Principal, at now: Timestamp) -> Bool? {
        let (verdict, isDue) = state.withLock { state -> (Bool?, Bool) in
            guard let renewedAt = state.renewedAt else { return (nil, false) }
            let age = now - renewedAt
            let isUsable = age <= Self.maxAge || (state.hasFailed && age <= staleLimit)
            return (isUsable ? state.revoked.allows(principal) : nil, age >= Self.pollInterval && now >= state.nextAttempt)
        }
        if isDue { renewing.start(if: { beginAttempt(at: now) }) { try await self.renew() } }
        return verdict
    }

    /// Whether the last list is too old to be believed.
    func isExpired(at now: Timestamp) -> Bool {
        state.withLock { state in state.renewedAt.map { now - $0 > staleLimit } ?? true }
    }

    /// - Throws: `token_revoked` (401); `auth_unavailable` (503) if no list that is young enough can be had.
    func check(_ principal: Principal) async throws {
        if let verdict = judge(principal, at: clock.now()) { return try Self.require(verdict) }
        do {
            try await renewing.run(startingIf: { beginAttempt(at: clock.now()) }) { try await self.renew() }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // Judged below by the list that there is.
        }
        guard let verdict = judge(principal, at: clock.now()) else { throw PixelFlowError.unavailable("auth") }
        try Self.require(verdict)
    }

    private static func require(_ verdict: Bool) throws(PixelFlowError) {
        guard verdict else { throw .tokenRevoked }
    }

    private func beginAttempt(at now: Timestamp) -> Bool {
        state.withLock { state in
            guard now >= state.nextAttempt else { return false }
            state.nextAttempt = now + Self.pollInterval
            return true
        }
    }

    private func renew() async throws {
        do {
            var hasMore = true
            while hasMore {
                let page = try await source.revocations(after: state.withLock(\.sequence))
                let isRestored = state.withLock { state in
                    // The database of auth was restored from a backup: numbers that were read are given again.
                    guard page.newest >= state.sequence else {
                        state.sequence = 0
                        return true
                    }
                    for entry in page.revocations { entry.revocation.map { state.revoked.insert($0) } }
                    state.sequence = page.next
                    return false
                }
                hasMore = page.more || isRestored
            }
            state.withLock { state in
                state.renewedAt = clock.now()
                state.hasFailed = false
            }
        } catch {
            state.withLock { $0.hasFailed = true }
            logger.warning("revocations not refreshed", metadata: ["error": .string(String(describing: error))])
            throw error
        }
    }
}

/// What the revocations so far say of a principal. Some 100 bytes each; those of expired tokens go with the next start.
struct RevokedCredentials: Sendable {
    private struct Place: Hashable {
        let user: UserID
        let organisation: TenantID
    }

    private var sessions: Set<SessionID> = []
    private var keys: Set<APIKeyID> = []
    private var members: [Place: Int64] = [:]
    private var users: Set<UserID> = []
    private var organisations: Set<TenantID> = []

    mutating func insert(_ revocation: Revocation) {
        switch revocation {
        case .session(let id): sessions.insert(id)
        case .key(let id): keys.insert(id)
        case .member(let user, let organisation, let version):
            let place = Place(user: user, organisation: organisation)
            members[place] = max(members[place] ?? version, version)
        case .user(let id): users.insert(id)
        case .organisation(let id): organisations.insert(id)
        case .organisationRestored(let id): organisations.remove(id)
        }
    }

    func allows(_ principal: Principal) -> Bool {
        guard !organisations.contains(principal.tenant) else { return false }
        switch principal.credential {
        case .key(let id): return !keys.contains(id)
        case .token(let session):
            if let session {
                guard !sessions.contains(session) else { return false }
            } else if users.contains(principal.user) {
                return false
            }
            let floor = members[Place(user: principal.user, organisation: principal.tenant)] ?? Int64.min
            return principal.membershipVersion >= floor
        }
    }
}
