import Crypto
import Foundation
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
    /// - Throws: `data_folder_unusable` if the file can be neither read nor written.
    package static func secret(named name: String, in path: String) throws -> String {
        let file = path + "/" + name
        do {
            if FileManager.default.fileExists(atPath: file) {
                return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
            // Rename the complete file, so that a crash leaves either the complete secret or none.
            let partial = file + ".partial"
            try? FileManager.default.removeItem(atPath: partial)
            guard
                FileManager.default.createFile(
                    atPath: partial, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
            try FileManager.default.moveItem(atPath: partial, toPath: file)
            return secret
        } catch {
            throw PixelFlowError(
                .unavailable, code: "data_folder_unusable", "The file \(file) can be neither read nor written.", cause: error)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
