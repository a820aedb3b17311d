package import PixelFlowCore
package import PixelFlowIdentity
import Synchronization

/// The rules for every database of identities. Some rules use fixed addresses, so each run needs an empty store.
package struct IdentityStoreConformance: Sendable {
    let store: IdentityStore
    let reopen: @Sendable () async throws -> IdentityStore

    /// - Parameters:
    ///   - store: empty.
    ///   - reopen: opens the same data again, like another process or a restart.
    package init(store: IdentityStore, reopen: @escaping @Sendable () async throws -> IdentityStore) {
        self.store = store
        self.reopen = reopen
    }

    package static let cases: [ConformanceCase<IdentityStoreConformance>] =
        userCases + secondFactorCases + organisationCases + sessionCases + keyCases + invitationCases + mailCases + noticeCases
        + digestCases + newerCases + restoreCases

    static let now = Timestamp(microseconds: 1_767_225_600_123_456)

    static func user(_ email: String) -> User {
        User(
            id: UserID(UUIDv7.make()), email: email, passwordHash: "$2b$04$abcdefghijklmnopqrstuv", tenant: TenantID(UUIDv7.make()),
            createdAt: now)
    }

    /// Makes ids increase in the order of calls, which is not guaranteed within a millisecond.
    private static let entries = Atomic<Int>(0)

    static func audit(_ action: AuditAction, in organisation: TenantID, by user: User? = nil) -> AuditEntry {
        AuditEntry(
            id: UUIDv7.make(at: now + .milliseconds(entries.add(1, ordering: .relaxed).newValue)), organisation: organisation, at: now,
            actor: user?.id.rawValue ?? "", actorName: user?.email ?? "operator",
            action: action, address: "192.0.2.1", requestID: "r-1")
    }

    /// Registers a user and their personal organisation.
    func register(_ email: String) async throws -> User {
        let user = Self.user(email)
        let audit = Self.audit(.userRegistered, in: user.tenant, by: user)
        try require(try await store.register(user, audit: audit), "\(email) was refused")
        return user
    }

    /// An organisation of a user with additional members.
    func organisation(of owner: User, with members: [(User, Role)] = []) async throws -> Organisation {
        let organisation = Organisation(id: TenantID(UUIDv7.make()), name: "Works", createdAt: Self.now)
        try await store.create(
            organisation, owner: owner.id, audit: Self.audit(.organisationCreated, in: organisation.id, by: owner))
        for (user, role) in members {
            let invitation = try await invite(to: organisation, as: role, by: owner)
            try await accept(invitation, by: user)
        }
        return organisation
    }

    func invite(to organisation: Organisation, as role: Role, by inviter: User) async throws -> Invitation {
        let invitation = Invitation(
            id: UUIDv7.make(), organisation: organisation.id, email: nil, role: role, hash: UUIDv7.make(), invitedBy: inviter.id,
            createdAt: Self.now, expiresAt: Self.now + .seconds(3600))
        try await store.add(invitation, by: inviter.id, audit: Self.audit(.invitationCreated, in: organisation.id, by: inviter))
        return invitation
    }

    func accept(_ invitation: Invitation, by user: User, in other: IdentityStore? = nil) async throws {
        let audit = Self.audit(.memberJoined, in: invitation.organisation, by: user)
        try await (other ?? store).accept(invitation, by: user.id, audit: audit, at: Self.now)
    }

    /// The error code of `body`; nil if it succeeds.
    func code(_ body: () async throws -> Void) async throws -> String? {
        do {
            try await body()
            return nil
        } catch let error as PixelFlowError {
            return error.code
        }
    }
}
