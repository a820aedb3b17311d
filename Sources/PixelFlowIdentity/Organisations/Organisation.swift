package import PixelFlowCore

/// The owner of tasks, presets and keys; people are its members.
package struct Organisation: Sendable, Hashable {
    package var id: TenantID
    package var name: String
    /// The user whose registration created it; nil for an organisation created later.
    package var personalOf: UserID?
    package var createdAt: Timestamp
    /// Set if it has been deleted. It can be restored for a limited time.
    package var deletedAt: Timestamp?

    package init(id: TenantID, name: String, personalOf: UserID? = nil, createdAt: Timestamp, deletedAt: Timestamp? = nil) {
        self.id = id
        self.name = name
        self.personalOf = personalOf
        self.createdAt = createdAt
        self.deletedAt = deletedAt
    }
}

/// A person's membership in an organisation.
package struct Membership: Sendable, Hashable {
    package var organisation: Organisation
    package var role: Role
    /// Incremented by every change of the role; see `Principal.membershipVersion`.
    package var version: Int64
}

/// A person as shown to the other members of an organisation.
package struct Member: Sendable, Hashable {
    package var user: UserID
    package var email: String
    package var role: Role
    package var since: Timestamp
}
