import Logging

/// Merges the metadata of a line.
enum LogMetadata {
    /// Reserved field names; metadata with such a name gets an underscore.
    private static let reserved: Set<String> = ["ts", "level", "service", "logger", "event"]

    /// Merges the metadata of the logger, the provider and the event, where later ones take precedence, sorted by name.
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

    /// Needed because libraries use dots and dashes in the names of their metadata.
    static func snakeCase(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }) else { return name }
        return String(name.map { $0 == "." || $0 == "-" ? "_" : $0 })
    }
}

/// A safety net: values whose names suggest a secret are never logged, even if the
/// calling code fails to omit them.
enum SecretNames {
    static let replacement = "[redacted]"

    private static let fragments = [
        "password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "credential",
        "private_key", "privatekey", "signing_key", "api_key", "apikey", "access_key", "key_material",
    ].map { Array($0.utf8) }

    /// Compares bytes: `String.contains` is a hundred times slower, and each line has many names.
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
