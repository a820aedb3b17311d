import CCommonPasswords
import PixelFlowCore

/// The rules for a new password: its length, and that it is not a common one. There are no composition rules (NIST SP 800-63B).
enum PasswordRules {
    static let minimumCharacters = 8
    static let maximumBytes = 1024

    /// - Parameter field: the field of the request that has the password.
    /// - Throws: `password_too_short`, `password_too_long` or `password_too_common` (422).
    static func check(_ password: String, field: String = "password") throws(PixelFlowError) {
        guard password.unicodeScalars.count >= minimumCharacters else {
            throw .invalid(field, "The password must have at least \(minimumCharacters) characters.", code: "password_too_short")
        }
        guard password.utf8.count <= maximumBytes else {
            throw .invalid(field, "The password must have at most \(maximumBytes) bytes.", code: "password_too_long")
        }
        guard !CommonPasswords.contains(password) else {
            throw .invalid(
                field, "The password is one of the most common ones, which are guessed first; choose another.",
                code: "password_too_common")
        }
    }
}

/// The 10,000 most common passwords of sufficient length, which attackers try first.
enum CommonPasswords {
    /// Empty in an executable that was built without `scripts/web`.
    private static let all: Set<Substring> = {
        let bytes = UnsafeBufferPointer(start: pf_common_passwords(), count: pf_common_passwords_length())
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n"))
    }()

    /// Whether a password is one of them, ignoring case.
    static func contains(_ password: String) -> Bool { all.contains(Substring(password.lowercased())) }
}
