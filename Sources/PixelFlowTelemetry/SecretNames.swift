/// A safety net: values under names that suggest a secret never reach a log, even if the
/// calling code forgot to omit them.
enum SecretNames {
    static let replacement = "[redacted]"

    private static let fragments = [
        "password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "credential",
        "private_key", "privatekey", "signing_key", "api_key", "apikey", "access_key", "key_material",
    ].map { Array($0.utf8) }

    /// Looks at bytes: `String.contains` costs a hundred times as much, and each line has many names.
    static func matches(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            bytes.indices.contains { start in
                fragments.contains { fragment in
                    start + fragment.count <= bytes.count && fragment.indices.allSatisfy { lower(bytes[start + $0]) == fragment[$0] }
                }
            }
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
