/// Who may register: `PIXELFLOW_AUTH_REGISTRATION`.
package enum RegistrationMode: String, Sendable, CaseIterable {
    /// Anyone who reaches the service.
    case open
    /// Those who have an invitation, and the first account with the setup token that the log shows.
    case invite
    /// No one; those who have registered before sign in as ever.
    case closed
}
