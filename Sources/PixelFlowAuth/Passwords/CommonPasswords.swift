import CCommonPasswords

/// The 10,000 most common passwords that are long enough to pass otherwise: the first guesses of everyone who guesses.
enum CommonPasswords {
    /// Empty in an executable that was built without `scripts/web`.
    private static let all: Set<Substring> = {
        let bytes = UnsafeBufferPointer(start: pf_common_passwords(), count: pf_common_passwords_length())
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n"))
    }()

    /// Whether a password is one of them in upper or lower case.
    static func contains(_ password: String) -> Bool { all.contains(Substring(password.lowercased())) }
}
