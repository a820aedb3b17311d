package import PixelFlowCore

/// A sign-in of a user on a device.
package struct Session: Sendable, Hashable {
    package var id: SessionID
    package var user: UserID
    /// The organisation of its tokens.
    package var organisation: TenantID
    /// How often its refresh token has been exchanged. The token contains it, so that a used one is recognised.
    package var generation: Int64
    package var rotatedAt: Timestamp
    package var createdAt: Timestamp
    package var lastUsedAt: Timestamp
    /// Extended by every use.
    package var expiresAt: Timestamp
    /// The `User-Agent` of the last use; at most 256 bytes.
    package var device: String
    /// The address of the last use.
    package var address: String

    package init(
        id: SessionID, user: UserID, organisation: TenantID, generation: Int64 = 1, createdAt: Timestamp, expiresAt: Timestamp,
        device: String, address: String
    ) {
        self.id = id
        self.user = user
        self.organisation = organisation
        self.generation = generation
        self.rotatedAt = createdAt
        self.createdAt = createdAt
        self.lastUsedAt = createdAt
        self.expiresAt = expiresAt
        self.device = device
        self.address = address
    }
}

/// The outcome of presenting a refresh token.
package enum SessionRotation: Sendable, Hashable {
    /// The session has advanced to this generation. A client that lost the response, or its second tab, gets the same token again within
    /// `IdentityStore.rotationGrace`.
    case rotated(Session)
    /// The token had already been used. The session has been ended, because the token may have been stolen.
    case reused(Session)
    /// There is no such session.
    case ended
}

/// The circumstances of a use of a session.
package struct SessionUse: Sendable, Hashable {
    package var device: String
    package var address: String
    package var at: Timestamp
    /// How long the session stays valid after this use.
    package var lifetime: Duration

    package init(device: String, address: String, at: Timestamp, lifetime: Duration) {
        self.device = device
        self.address = address
        self.at = at
        self.lifetime = lifetime
    }
}
