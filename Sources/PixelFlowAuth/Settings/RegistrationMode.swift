/// Who may register: `PIXELFLOW_AUTH_REGISTRATION`.
package enum RegistrationMode: String, Sendable, CaseIterable {
    /// Anybody who reaches the service.
    case open
    /// Nobody; those who have registered before sign in as ever.
    case closed
}
