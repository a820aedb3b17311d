import Files
import Foundation
import PixelFlowCore

/// The path of an object below the root of the store.
struct BlobPath: Sendable {
    /// `tenant/task`, or only a part of it for a prefix.
    let folder: String
    /// The rest of the key; empty for a prefix that consists of whole folders.
    let name: String
    /// `name` as a file name, with `~` for each slash.
    let file: String

    /// - Throws: `PixelFlowError` if the key could escape the root or is too long, which is a defect, because PixelFlow creates all keys.
    init(_ key: BlobKey) throws {
        let parts = try key.parts()
        folder = parts.prefix(2).joined(separator: "/")
        name = parts.dropFirst(2).joined(separator: "/")
        file = parts.dropFirst(2).joined(separator: "~")
        // The maximum length of a file name on Linux.
        guard file.utf8.count <= 255 else { throw PixelFlowError.badBlobKey }
    }

    /// The path of an object; rejects prefixes that consist of whole folders.
    init(object key: BlobKey) throws {
        try self.init(key)
        guard !file.isEmpty else { throw PixelFlowError.badBlobKey }
    }

    /// The owner of the objects.
    var tenant: TenantID { TenantID(String(Substring(folder.utf8.prefix { $0 != UInt8(ascii: "/") }))) }

    var relative: String { file.isEmpty ? folder : folder + "/" + file }

    /// Removes the file, the folder, or the files below the prefix.
    func removeAll(below root: String) throws {
        if file.isEmpty {
            do {
                try FileManager.default.removeItem(atPath: root + "/" + folder)
            } catch CocoaError.fileNoSuchFile {}
        } else {
            for name in try names(below: root) { try unlinkIfThere(root + "/" + folder + "/" + name) }
        }
    }

    func keys(below root: String) throws -> [BlobKey] {
        guard file.isEmpty else {
            return try names(below: root).map(key).sorted { $0.rawValue < $1.rawValue }
        }
        guard let walker = FileManager.default.enumerator(atPath: root + "/" + folder) else { return [] }
        var found: [BlobKey] = []
        while let relative = walker.nextObject() as? String {
            guard walker.fileAttributes?[.type] as? FileAttributeType == .typeRegular else { continue }
            found.append(BlobKey(rawValue: folder + "/" + relative.replacingOccurrences(of: "~", with: "/")))
        }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    private func key(_ name: String) -> BlobKey {
        BlobKey(rawValue: folder + "/" + name.replacingOccurrences(of: "~", with: "/"))
    }

    /// The files that are `file` or begin with it.
    private func names(below root: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)
                .filter { $0 == file || $0.hasPrefix(file + "~") }
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
            return []
        }
    }
}

/// Unlinks a file that may not exist.
func unlinkIfThere(_ path: String) throws {
    guard unlink(path) != 0, errno != ENOENT else { return }
    throw FileError.current("unlink", path)
}
