import Logging

/// Brings the metadata of a line together.
enum LogMetadata {
    /// Reserved field names; metadata with the same name gets an underscore.
    private static let reserved: Set<String> = ["ts", "level", "service", "logger", "event"]

    /// The logger's metadata, the provider's and the event's, the later ones winning, sorted by name.
    static func merge(
        _ own: Logger.Metadata, _ provider: Logger.MetadataProvider?, _ event: LogEvent
    ) -> [(key: String, value: Logger.MetadataValue)] {
        var merged = own
        if let provided = provider?.get(), !provided.isEmpty { merged.merge(provided) { $1 } }
        if let metadata = event.metadata { merged.merge(metadata) { $1 } }
        if let error = event.error { merged["error"] = .string(String(describing: error)) }
        return merged.map { (key: safeName($0.key), value: $0.value) }.sorted { $0.key < $1.key }
    }

    private static func safeName(_ name: String) -> String {
        let name = snakeCase(name)
        return reserved.contains(name) ? name + "_" : name
    }

    /// Libraries name their metadata with dots and dashes.
    static func snakeCase(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }) else { return name }
        return String(name.map { $0 == "." || $0 == "-" ? "_" : $0 })
    }
}

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
