import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// Serves the queries of verifiers from the store.
struct LocalIdentitySource: IdentitySource, AuditSink {
    /// Maximum number of revocations per page.
    static let pageSize = 1_000

    let store: IdentityStore
    /// How long a revocation must be kept: after it, every token that it affects has expired.
    let tokenLifetime: Duration
    /// Handles the notices that audit entries cause; nil if no mail is sent.
    var notices: NoticeOutbox?
    let clock: any WallClock

    func introspect(key: String) async throws -> KeyIntrospection {
        let now = clock.now()
        guard let secret = SecretToken(.key, parsing: key), let found = try await store.key(hash: secret.hash) else { return .inactive }
        if let expiry = found.expiresAt, expiry <= now { return .inactive }
        try await store.touch(found.id, at: now)
        return KeyIntrospection(
            active: true, keyID: found.id.rawValue, name: found.name, tenant: found.organisation.rawValue, scope: Scope.text(found.scopes),
            expiresAt: found.expiresAt?.iso8601, networks: found.networks, priority: found.lane)
    }

    func deletedOrganisations(after position: Int64) async throws -> DeletedOrganisations {
        var over = try await store.over(after: Timestamp(microseconds: position), at: clock.now(), limit: Self.pageSize)
        let isFull = over.count == Self.pageSize
        // Organisations deleted at the same time stay on one page, because the next page begins after that time.
        if isFull, let last = over.last?.deletedAt, over.first?.deletedAt != last { over.removeAll { $0.deletedAt == last } }
        return DeletedOrganisations(
            organisations: over.map(\.id.rawValue), next: over.last?.deletedAt.microseconds ?? position, more: isFull)
    }

    func append(_ entries: [AuditEntry]) async throws {
        let count = try await store.append(entries, mailingFor: notices.map { _ in NoticeOutbox.lifetime }, at: clock.now())
        notices?.report(count)
    }

    func revocations(after sequence: Int64) async throws -> RevocationPage {
        let newest = try await store.newestRevocation()
        let records = try await store.revocations(after: sequence, limit: Self.pageSize)
        // A revocation may have been added between the two reads.
        return RevocationPage(
            records, after: sequence, limit: Self.pageSize, newest: max(newest, records.last?.sequence ?? 0), lifetime: tokenLifetime)
    }
}
