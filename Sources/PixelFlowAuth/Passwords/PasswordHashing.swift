/// Hashes passwords for storage; slow by design.
package protocol PasswordHashing: Sendable {
    /// Hashes with a new salt; the result contains everything that `verify` needs. For registrations, which never delay `verify`.
    ///
    /// - Throws: `registration_busy` (503) if the queue is full.
    func hash(_ password: String) async throws -> String
    /// Whether `hash` is the hash of `password`. Takes the same time for wrong and right passwords.
    ///
    /// - Parameter client: `IPAddress.subscriber` of the client; clients take turns.
    /// - Throws: `auth_busy` (503) if the queue, or the client's share of it, is full.
    func verify(_ password: String, against hash: String, for client: String?) async throws -> Bool
    /// Whether `hash` is weaker than what `hash(_:)` produces with the current settings.
    func needsRenewal(_ hash: String) -> Bool
    /// A hash that matches no password and takes as long to verify as a real one. It is verified for unknown users, so that the response
    /// time does not reveal that they do not exist.
    var decoy: String { get }
}
