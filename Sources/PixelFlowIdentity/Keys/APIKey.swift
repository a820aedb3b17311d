package import PixelFlowCore

/// A credential of an organisation for its programs. Outlives whoever made it.
package struct APIKey: Sendable, Hashable {
    package var id: APIKeyID
    package var organisation: TenantID
    package var name: String
    /// SHA-256 of the secret in hexadecimal digits. The secret itself is nowhere.
    package var hash: String
    /// The last characters of the secret, by which people tell keys apart.
    package var hint: String
    package var scopes: Set<Scope>
    /// CIDR blocks that the key may be used from; from anywhere if empty.
    package var networks: [String]
    /// The lane of tasks for which neither the upload nor its preset names one; nil for the normal one.
    package var lane: Lane?
    package var createdBy: UserID
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    /// To the minute.
    package var lastUsedAt: Timestamp?

    /// Whether it is good in some places, or for some time, only.
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
