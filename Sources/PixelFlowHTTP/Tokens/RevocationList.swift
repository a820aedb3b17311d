package import Logging
package import PixelFlowCore
import Synchronization

/// The revoked credentials, kept in memory by every replica, so that requests need no query.
///
/// The list is refreshed in the background while it is used; requests wait for a refresh if it is older than `maxAge`. While auth is down,
/// the last list is used for `staleLimit`; after that, no credential is accepted, because any may have been revoked.
package final class RevocationList: Sendable {
    /// The age at which the list is refreshed in the background.
    private static let pollInterval = Duration.seconds(2)
    /// The age at which a request waits for a refresh, so that a revocation takes effect within ten seconds even after an idle period.
    private static let maxAge = Duration.seconds(8)

    private struct State {
        var revoked = RevokedCredentials()
        var sequence: Int64 = 0
        var renewedAt: Timestamp?
        var attemptedAt = Timestamp(microseconds: 0)
        var hasFailed = false
    }

    private let state = Mutex(State())
    private let renewing = SingleFlight<Void>()
    private let source: any IdentitySource
    private let staleLimit: Duration
    private let clock: any WallClock
    private let logger: Logger

    /// - Parameter staleLimit: how long the last list is used while auth is unreachable.
    package init(source: any IdentitySource, staleLimit: Duration = .seconds(300), clock: any WallClock, logger: Logger) {
        self.source = source
        self.staleLimit = staleLimit
        self.clock = clock
        self.logger = logger
    }

    /// Reads the list if it has not been read yet.
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

    /// Reads new revocations immediately, for the process that has just revoked a credential. A failure is logged, and the next requests
    /// refresh the list.
    package func refresh() async {
        // Twice, because a refresh in progress may have read before the change.
        for _ in 0..<2 { try? await renewing.run { try await self.renew() } }
    }

    /// Whether a principal is not revoked, according to a list that is recent enough; nil if the list must be refreshed first. Never
    /// suspends.
    func judge(_ principal: Principal, at now: Timestamp) -> Bool? {
        let (verdict, isDue) = state.withLock { state -> (Bool?, Bool) in
            guard let renewedAt = state.renewedAt else { return (nil, false) }
            let age = now.age(since: renewedAt)
            let isUsable = age <= Self.maxAge || (state.hasFailed && age <= staleLimit)
            return (
                isUsable ? state.revoked.allows(principal) : nil,
                age >= Self.pollInterval && now.age(since: state.attemptedAt) >= Self.pollInterval
            )
        }
        if isDue { renewing.start(if: { beginAttempt(at: now) }) { try await self.renew() } }
        return verdict
    }

    /// Whether the last list is too old to be used.
    func isExpired(at now: Timestamp) -> Bool {
        state.withLock { state in state.renewedAt.map { now.age(since: $0) > staleLimit } ?? true }
    }

    /// - Throws: `token_revoked` (401); `auth_unavailable` (503) if no recent list is available.
    func check(_ principal: Principal) async throws {
        if let verdict = judge(principal, at: clock.now()) { return try Self.require(verdict) }
        do {
            try await renewing.run(startingIf: { beginAttempt(at: clock.now()) }) { try await self.renew() }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The existing list is used below.
        }
        guard let verdict = judge(principal, at: clock.now()) else { throw PixelFlowError.unavailable("auth") }
        try Self.require(verdict)
    }

    private static func require(_ verdict: Bool) throws(PixelFlowError) {
        guard verdict else { throw .tokenRevoked }
    }

    private func beginAttempt(at now: Timestamp) -> Bool {
        state.withLock { state in
            guard now.age(since: state.attemptedAt) >= Self.pollInterval else { return false }
            state.attemptedAt = now
            return true
        }
    }

    private func renew() async throws {
        do {
            var hasMore = true
            while hasMore {
                let page = try await source.revocations(after: state.withLock(\.sequence))
                let isRestored = state.withLock { state in
                    // The database of auth was restored from a backup, so sequence numbers are reused.
                    guard page.newest >= state.sequence else {
                        state.sequence = 0
                        return true
                    }
                    for entry in page.revocations {
                        entry.revocation.map { state.revoked.insert($0, until: entry.end ?? .distantFuture) }
                    }
                    state.sequence = page.next
                    return false
                }
                hasMore = page.more || isRestored
            }
            state.withLock { state in
                let now = clock.now()
                state.revoked.prune(at: now)
                state.renewedAt = now
                state.hasFailed = false
            }
        } catch {
            state.withLock { $0.hasFailed = true }
            logger.warning("revocations not refreshed", metadata: ["error": .string(String(describing: error))])
            throw error
        }
    }
}

/// The revocations so far, indexed for lookups. About 100 bytes each; a revocation is dropped once every credential that it affects has
/// expired, so the list covers the lifetime of a token plus a day.
struct RevokedCredentials: Sendable {
    private struct Membership: Hashable {
        let user: UserID
        let organisation: TenantID
    }

    private struct Floor {
        var version: Int64
        var until: Timestamp
    }

    /// The interval between two prunings.
    private static let pruningInterval = Duration.seconds(60)

    private var sessions: [SessionID: Timestamp] = [:]
    private var keys: [APIKeyID: Timestamp] = [:]
    private var members: [Membership: Floor] = [:]
    private var users: [UserID: Timestamp] = [:]
    private var organisations: [TenantID: Timestamp] = [:]
    /// The organisations whose keys are all refused.
    private var keysOfOrganisations: [TenantID: Timestamp] = [:]
    private var nextPruning = Timestamp(microseconds: 0)

    var count: Int { sessions.count + keys.count + members.count + users.count + organisations.count + keysOfOrganisations.count }

    /// - Parameter until: when it can be dropped.
    mutating func insert(_ revocation: Revocation, until: Timestamp) {
        switch revocation {
        case .session(let id): sessions[id] = until
        case .key(let id): keys[id] = until
        case .member(let user, let organisation, let version):
            let membership = Membership(user: user, organisation: organisation)
            let known = members[membership]
            members[membership] = Floor(version: max(known?.version ?? version, version), until: max(known?.until ?? until, until))
        case .user(let id): users[id] = until
        case .organisation(let id): organisations[id] = until
        case .organisationRestored(let id): organisations[id] = nil
        case .keys(let id): keysOfOrganisations[id] = until
        case .keysRestored(let id): keysOfOrganisations[id] = nil
        }
    }

    /// Drops revocations whose credentials have all expired. Most calls return immediately.
    mutating func prune(at now: Timestamp) {
        guard now >= nextPruning else { return }
        nextPruning = now + Self.pruningInterval
        sessions = sessions.filter { $0.value > now }
        keys = keys.filter { $0.value > now }
        members = members.filter { $0.value.until > now }
        users = users.filter { $0.value > now }
        organisations = organisations.filter { $0.value > now }
        keysOfOrganisations = keysOfOrganisations.filter { $0.value > now }
    }

    func allows(_ principal: Principal) -> Bool {
        guard organisations[principal.tenant] == nil else { return false }
        switch principal.credential {
        case .key(let id): return keys[id] == nil && keysOfOrganisations[principal.tenant] == nil
        case .token(let session):
            if let session {
                guard sessions[session] == nil else { return false }
            } else if users[principal.user] != nil {
                return false
            }
            let floor = members[Membership(user: principal.user, organisation: principal.tenant)]?.version ?? Int64.min
            return principal.membershipVersion >= floor
        }
    }
}
