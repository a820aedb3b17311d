/// Who may register: `PIXELFLOW_AUTH_REGISTRATION`.
package enum RegistrationMode: String, Sendable, CaseIterable {
    /// Anyone who reaches the service.
    case open
    /// No one; those who have registered before sign in as ever.
    case closed
}
