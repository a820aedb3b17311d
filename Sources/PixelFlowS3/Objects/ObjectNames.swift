import PixelFlowCore

/// The names of objects in the bucket: the configured prefix followed by the key.
struct ObjectNames: Sendable {
    /// Empty, or with a trailing slash.
    let prefix: String

    init(prefix: String) { self.prefix = prefix.isEmpty ? "" : prefix + "/" }

    /// The object with the installation id, outside of the tenants' prefixes.
    var installationMark: String { prefix + ".installation" }

    /// - Throws: `bad_blob_key` if the key is malformed, which is a defect, because PixelFlow creates all keys.
    func name(_ key: BlobKey) throws -> String {
        _ = try key.parts()
        guard prefix.utf8.count + key.rawValue.utf8.count <= Self.longest else { throw PixelFlowError.badBlobKey }
        return prefix + key.rawValue
    }

    /// The name of an object; rejects the keys `tenant` and `tenant/task`, which are not objects.
    func object(_ key: BlobKey) throws -> String {
        let name = try name(key)
        guard Self.isObject(key) else { throw PixelFlowError.badBlobKey }
        return name
    }

    /// The key of a name; nil if PixelFlow has not created the object.
    func key(_ name: String) -> BlobKey? {
        guard name.hasPrefix(prefix) else { return nil }
        let key = BlobKey(rawValue: String(name.dropFirst(prefix.count)))
        return (try? self.name(key)) == nil ? nil : key
    }

    static func isObject(_ key: BlobKey) -> Bool { key.rawValue.utf8.count { $0 == UInt8(ascii: "/") } >= 2 }

    /// S3's maximum length of a name in bytes.
    private static let longest = 1024
}
