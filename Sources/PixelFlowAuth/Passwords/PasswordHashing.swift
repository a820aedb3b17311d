/// Turns passwords into strings that are safe to keep, slowly on purpose.
package protocol PasswordHashing: Sendable {
    /// A hash with a fresh salt, with everything in it that `verify` needs. For registration, which never holds up `verify`.
    ///
    /// - Throws: `registration_busy` (503) if too many wait already.
    func hash(_ password: String) async throws -> String
    /// Whether `hash` is the hash of `password`. Takes the same time for wrong and right passwords.
    ///
    /// - Throws: `auth_busy` (503) if too many wait already.
    func verify(_ password: String, against hash: String) async throws -> Bool
    /// Whether `hash` is weaker than what `hash(_:)` makes today.
    func needsRenewal(_ hash: String) -> Bool
    /// A hash that no password matches and that takes as long to verify as a real one; for users who do
    /// not exist, so that the response time does not reveal it.
    var decoy: String { get }
}
