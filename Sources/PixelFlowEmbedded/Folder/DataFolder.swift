import Crypto
import Files
import Foundation
import Logging
import PixelFlowCore

/// The data folder of one embedded PixelFlow, and what is kept elsewhere, locked during the lifetime of the process.
package final class DataFolder: Sendable {
    package let path: String
    private let locks: [FileLock]

    /// Creates the folder if it does not exist, and locks it. The task database and the folder of objects have locks of their own, because
    /// processes with different data folders may be configured to use the same.
    ///
    /// - Parameters:
    ///   - taskDatabase: the file, whose lock is next to it.
    ///   - blobs: the folder of objects.
    /// - Throws: `data_folder_locked` if another process uses one of them, `data_folder_unusable`; both name it.
    package init(path: String, taskDatabase: String? = nil, blobs: String? = nil) throws {
        self.path = path
        var locks = [try Self.lock("The folder \(path) is", folder: path, file: "lock")]
        if let taskDatabase {
            // Not next to a symbolic link, which other paths to the file do not have.
            let file = URL(fileURLWithPath: taskDatabase).resolvingSymlinksInPath()
            locks.append(
                try Self.lock(
                    "The task database \(taskDatabase) is", folder: file.deletingLastPathComponent().path,
                    file: file.lastPathComponent + ".lock"))
        }
        // Listings skip names that begin with a dot.
        if let blobs { locks.append(try Self.lock("The folder of objects \(blobs) is", folder: blobs, file: ".lock")) }
        self.locks = locks
    }

    private static func lock(_ subject: String, folder: String, file: String) throws -> FileLock {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PixelFlowError(.unavailable, code: "data_folder_unusable", "The folder \(folder) cannot be created.", cause: error)
        }
        do {
            return try FileLock(folder + "/" + file)
        } catch is FileLock.HeldError {
            throw PixelFlowError(.conflict, code: "data_folder_locked", "\(subject) in use by another PixelFlow process.")
        } catch {
            throw PixelFlowError(.unavailable, code: "data_folder_unusable", "The folder \(folder) is not writable.", cause: error)
        }
    }

    /// A secret of 256 random bits in a file of the folder that only its owner can read; created if the file does not exist.
    ///
    /// - Parameter length: the minimum number of characters. A shorter text, which is no secret, is replaced.
    /// - Throws: `data_folder_unusable` if the file can be neither read nor written.
    package static func secret(named name: String, in path: String, atLeast length: Int = 32) throws -> String {
        let file = path + "/" + name
        do {
            if FileManager.default.fileExists(atPath: file) {
                if let secret = secret(in: try Data(contentsOf: URL(fileURLWithPath: file)), atLeast: length) { return secret }
                Logger(label: "data").warning("a damaged secret is replaced by a new one", metadata: ["file": "\(file)"])
            }
            let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
            // After a crash, also of the machine, there is either the complete secret or none.
            let partial = file + ".partial"
            try unlinkIfThere(partial)
            let draft = try DraftFile(partial, mode: 0o600)
            try draft.append(Array((secret + "\n").utf8))
            try draft.complete()
            try draft.rename(to: file)
            try FileSystem.sync(folder: path)
            return secret
        } catch {
            throw PixelFlowError(
                .unavailable, code: "data_folder_unusable", "The file \(file) can be neither read nor written.", cause: error)
        }
    }

    /// Nil if the contents are no text of this length; after a power failure, they may be zeros.
    private static func secret(in contents: Data, atLeast length: Int) -> String? {
        guard let text = String(data: contents, encoding: .utf8)?.trimmingCharacters(in: .whitespacesAndNewlines), text.count >= length,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        return text
    }
}
