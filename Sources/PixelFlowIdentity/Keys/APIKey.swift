package import PixelFlowCore

/// A credential of an organisation for programs. It stays valid when its creator leaves.
package struct APIKey: Sendable, Hashable {
    package var id: APIKeyID
    package var organisation: TenantID
    package var name: String
    /// SHA-256 of the secret, hexadecimal. The secret itself is not stored.
    package var hash: String
    /// The last characters of the secret, which distinguish keys for people.
    package var hint: String
    package var scopes: Set<Scope>
    /// The CIDR blocks from which the key may be used; empty allows any address.
    package var networks: [String]
    /// The lane of tasks for which neither the upload nor its preset sets one; nil for `normal`.
    package var lane: Lane?
    package var createdBy: UserID
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    /// Accurate to the minute.
    package var lastUsedAt: Timestamp?

    /// The role with which the key manages its organisation.
    package var role: Role { scopes.contains(.administer) ? .admin : .viewer }

    /// Whether the key may assign this role to a member: none that could do more than the key itself.
    package func mayAssign(_ other: Role) -> Bool { role.mayAssign(other) && scopes.isSuperset(of: other.scopes) }

    /// Whether the key may make someone a member with this role. A bounded key makes no one a member, because a membership is good everywhere
    /// and for good.
    package func mayInvite(as other: Role) -> Bool { mayAssign(other) && !isBounded }

    /// Whether the key is restricted to networks or expires.
    package var isBounded: Bool { !networks.isEmpty || expiresAt != nil }

    package init(
        id: APIKeyID, organisation: TenantID, name: String, hash: String, hint: String, scopes: Set<Scope>, networks: [String],
        lane: Lane? = nil, createdBy: UserID, createdAt: Timestamp, expiresAt: Timestamp?, lastUsedAt: Timestamp? = nil
    ) {
        self.id = id
        self.organisation = organisation
        self.name = name
        self.hash = hash
        self.hint = hint
        self.scopes = scopes
        self.networks = networks
        self.lane = lane
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
    }
}
