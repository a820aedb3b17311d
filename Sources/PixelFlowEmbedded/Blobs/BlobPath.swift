import Foundation
import PixelFlowCore

/// The path of an object below the root of the store.
struct BlobPath: Sendable {
    /// `tenant/task`, or less for a prefix.
    let folder: String
    /// The rest of the key; empty for a prefix of whole folders.
    let name: String
    /// `name` as a file, its slashes written as `~`.
    let file: String

    /// - Throws: `PixelFlowError` if the key could lead elsewhere or is too long. Keys are created by PixelFlow, so this is a defect.
    init(_ key: BlobKey) throws {
        let parts = try key.parts()
        folder = parts.prefix(2).joined(separator: "/")
        name = parts.dropFirst(2).joined(separator: "/")
        file = parts.dropFirst(2).joined(separator: "~")
        // The longest name that a file may have on Linux.
        guard file.utf8.count <= 255 else { throw PixelFlowError.badBlobKey }
    }

    /// The place of an object, which a prefix of whole folders is not.
    init(object key: BlobKey) throws {
        try self.init(key)
        guard !file.isEmpty else { throw PixelFlowError.badBlobKey }
    }

    /// Whose objects these are.
    var tenant: TenantID { TenantID(String(folder.prefix { $0 != "/" })) }

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

    /// The files that are `file` or lie below it.
    private func names(below root: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)
                .filter { $0 == file || $0.hasPrefix(file + "~") }
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
            return []
        }
    }
}

/// Unlinks a file that may have gone already.
func unlinkIfThere(_ path: String) throws {
    guard unlink(path) != 0, errno != ENOENT else { return }
    throw FileError.current("unlink", path)
}
