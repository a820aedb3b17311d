package import PixelFlowCore

/// Owns tasks, presets and keys; people are its members.
package struct Organisation: Sendable, Hashable {
    package var id: TenantID
    package var name: String
    /// The user whose registration has made it; nil for one that was made later.
    package var personalOf: UserID?
    package var createdAt: Timestamp
    /// Set if it has been deleted and can still be restored.
    package var deletedAt: Timestamp?

    package init(id: TenantID, name: String, personalOf: UserID? = nil, createdAt: Timestamp, deletedAt: Timestamp? = nil) {
        self.id = id
        self.name = name
        self.personalOf = personalOf
        self.createdAt = createdAt
        self.deletedAt = deletedAt
    }
}

/// A person's place in an organisation.
package struct Membership: Sendable, Hashable {
    package var organisation: Organisation
    package var role: Role
    /// Grows with every change of the role; see `Principal.membershipVersion`.
    package var version: Int64
}

/// A person as the members of an organisation see them.
package struct Member: Sendable, Hashable {
    package var user: UserID
    package var email: String
    package var role: Role
    package var since: Timestamp
}
