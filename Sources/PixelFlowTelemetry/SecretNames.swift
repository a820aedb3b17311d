/// A safety net: values under names that smell of a secret never reach a log, even where the
/// calling code forgot to leave them out.
enum SecretNames {
    static let replacement = "[redacted]"

    private static let fragments = [
        "password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "credential",
        "private_key", "privatekey", "signing_key", "api_key", "apikey", "access_key", "key_material",
    ]

    static func matches(_ name: String) -> Bool {
        let lowered = name.lowercased()
        return fragments.contains { lowered.contains($0) }
    }
}
