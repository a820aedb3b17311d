package import PixelFlowCore

/// Lets one person into an organisation, once.
package struct Invitation: Sendable, Hashable {
    package var id: String
    package var organisation: TenantID
    /// Who alone may accept it; anyone who has the link if nil.
    package var email: String?
    package var role: Role
    /// SHA-256 of the token in hexadecimal digits. The token itself is nowhere.
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
