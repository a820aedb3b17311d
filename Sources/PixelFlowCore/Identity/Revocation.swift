/// Something that verified credentials must no longer be accepted for. Services keep a list of those that are younger than the
/// longest-lived token, so that no request has to ask.
package enum Revocation: Sendable, Hashable {
    case session(SessionID)
    case key(APIKeyID)
    /// Tokens of a membership with a version below `before`.
    case member(UserID, TenantID, before: Int64)
    /// Tokens of the person that belong to no session: those of releases before sessions.
    case user(UserID)
    /// Every credential for the organisation, until it is restored.
    case organisation(TenantID)
    case organisationRestored(TenantID)
}

/// A revocation with its place in the order of all.
package struct RevocationRecord: Sendable, Hashable {
    package var sequence: Int64
    /// Nil for a kind that only a newer release knows. Its place counts: whoever reads on begins behind it.
    package var revocation: Revocation?
    package var at: Timestamp

    package init(sequence: Int64, revocation: Revocation?, at: Timestamp) {
        self.sequence = sequence
        self.revocation = revocation
        self.at = at
    }
}
