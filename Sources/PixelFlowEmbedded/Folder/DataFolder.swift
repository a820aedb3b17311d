import Crypto
import Files
import Foundation
import Logging
import PixelFlowCore

/// The data folder of one embedded PixelFlow, locked during the lifetime of the process.
package final class DataFolder: Sendable {
    package let path: String
    private let descriptor: Int32

    /// Creates the folder if it does not exist, and locks it.
    ///
    /// - Throws: `PixelFlowError` with the path of the folder, and code `data_folder_locked` if another process uses it.
    package init(path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PixelFlowError(.unavailable, code: "data_folder_unusable", "The folder \(path) cannot be created.", cause: error)
        }
        descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw PixelFlowError(.unavailable, code: "data_folder_unusable", "The folder \(path) is not writable.")
        }
        // The operating system releases the lock, however the process ends.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            // All properties are initialized, so `deinit` runs and closes the file.
            throw PixelFlowError(.conflict, code: "data_folder_locked", "The folder \(path) is in use by another PixelFlow process.")
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
            // After a crash, also of the machine, there is either the whole secret or none.
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

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
