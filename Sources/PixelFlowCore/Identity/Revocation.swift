/// A rule that rejects verified credentials. Services keep a list of rules younger than the
/// longest token lifetime, so that requests need no lookup.
package enum Revocation: Sendable, Hashable {
    case session(SessionID)
    case key(APIKeyID)
    /// Tokens of a membership whose version is below `before`.
    case member(UserID, TenantID, before: Int64)
    /// Tokens of the person without a session, issued by releases without sessions.
    case user(UserID)
    /// All credentials for the organisation, until it is restored.
    case organisation(TenantID)
    case organisationRestored(TenantID)
    /// All API keys of the organisation, until they are restored.
    case keys(of: TenantID)
    case keysRestored(of: TenantID)
}

/// A revocation with its position in the sequence of all revocations.
package struct RevocationRecord: Sendable, Hashable {
    package var sequence: Int64
    /// Nil for a kind that only a newer release knows; its position still counts, because readers continue after it.
    package var revocation: Revocation?
    package var at: Timestamp

    package init(sequence: Int64, revocation: Revocation?, at: Timestamp) {
        self.sequence = sequence
        self.revocation = revocation
        self.at = at
    }
}
