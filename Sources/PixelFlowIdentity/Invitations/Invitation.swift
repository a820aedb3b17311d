package import PixelFlowCore

/// Allows one person to join an organisation, once.
package struct Invitation: Sendable, Hashable {
    package var id: String
    package var organisation: TenantID
    /// The only address that may accept it; nil if anyone with the link may.
    package var email: String?
    package var role: Role
    /// SHA-256 of the token, hexadecimal. The token itself is not stored.
    package var hash: String
    package var invitedBy: UserID
    package var createdAt: Timestamp
    package var expiresAt: Timestamp

    package init(
        id: String, organisation: TenantID, email: String?, role: Role, hash: String, invitedBy: UserID, createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.organisation = organisation
        self.email = email
        self.role = role
        self.hash = hash
        self.invitedBy = invitedBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
