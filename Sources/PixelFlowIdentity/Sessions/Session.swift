package import PixelFlowCore

/// A sign-in of a person on a device.
package struct Session: Sendable, Hashable {
    package var id: SessionID
    package var user: UserID
    /// The organisation that its tokens are for.
    package var organisation: TenantID
    /// How often its refresh token has been exchanged; a part of the token, so that a spent one is recognised.
    package var generation: Int64
    package var rotatedAt: Timestamp
    package var createdAt: Timestamp
    package var lastUsedAt: Timestamp
    /// Moves on with every use.
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

/// What became of a refresh token that was presented.
package enum SessionRotation: Sendable, Hashable {
    /// The session now has the generation whose token the client gets. A client that lost the answer, or its other tab, gets the
    /// same one again for `IdentityStore.rotationGrace`.
    case rotated(Session)
    /// The token had been spent: the session has been ended, for one of the two who use it is a thief.
    case reused(Session)
    /// There is no such session.
    case ended
}

/// Where and with what a session is used.
package struct SessionUse: Sendable, Hashable {
    package var device: String
    package var address: String
    package var at: Timestamp
    /// How long the session lives after it.
    package var lifetime: Duration

    package init(device: String, address: String, at: Timestamp, lifetime: Duration) {
        self.device = device
        self.address = address
        self.at = at
        self.lifetime = lifetime
    }
}
