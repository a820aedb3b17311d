import PixelFlowCore

/// The rules for a new password: only its length matters (NIST SP 800-63B), not its composition.
enum PasswordRules {
    static let minimumCharacters = 8
    static let maximumBytes = 1024

    /// - Throws: `password_too_short` or `password_too_long` (422).
    static func check(_ password: String) throws(PixelFlowError) {
        guard password.unicodeScalars.count >= minimumCharacters else {
            throw .invalid("password", "The password must have at least \(minimumCharacters) characters.", code: "password_too_short")
        }
        guard password.utf8.count <= maximumBytes else {
            throw .invalid("password", "The password must have at most \(maximumBytes) bytes.", code: "password_too_long")
        }
    }
}
