import PixelFlowCore

/// The names of objects in the bucket: the settings' prefix, then the key.
struct ObjectNames: Sendable {
    /// Empty, or with a slash at its end.
    let prefix: String

    init(prefix: String) { self.prefix = prefix.isEmpty ? "" : prefix + "/" }

    /// Beside the tenants' prefixes.
    var installationMark: String { prefix + ".installation" }

    /// - Throws: `bad_blob_key` if the key is not well-formed. Keys are created by PixelFlow, so this is a defect.
    func name(_ key: BlobKey) throws -> String {
        _ = try key.parts()
        guard prefix.utf8.count + key.rawValue.utf8.count <= Self.longest else { throw PixelFlowError.badBlobKey }
        return prefix + key.rawValue
    }

    /// The name of an object, which `tenant` and `tenant/task` are not.
    func object(_ key: BlobKey) throws -> String {
        let name = try name(key)
        guard Self.isObject(key) else { throw PixelFlowError.badBlobKey }
        return name
    }

    /// The key of a name; nil if PixelFlow has not created it.
    func key(_ name: String) -> BlobKey? {
        guard name.hasPrefix(prefix) else { return nil }
        let key = BlobKey(rawValue: String(name.dropFirst(prefix.count)))
        return (try? self.name(key)) == nil ? nil : key
    }

    static func isObject(_ key: BlobKey) -> Bool { key.rawValue.utf8.count { $0 == UInt8(ascii: "/") } >= 2 }

    /// S3's limit on a name, in bytes.
    private static let longest = 1024
}
