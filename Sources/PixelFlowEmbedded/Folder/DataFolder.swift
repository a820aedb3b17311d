import Foundation
import PixelFlowCore

/// The folder in which one embedded PixelFlow keeps everything, locked for as long as the process lives.
package final class DataFolder: Sendable {
    package let path: String
    private let descriptor: Int32

    /// Creates the folder if it is missing, and takes its lock.
    ///
    /// - Throws: `PixelFlowError` naming the folder, with code `data_folder_locked` if another process uses it.
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
        // Released by the operating system, however the process ends.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            // `deinit` closes the file: it runs after this, for everything has been initialized.
            throw PixelFlowError(.conflict, code: "data_folder_locked", "The folder \(path) is in use by another PixelFlow process.")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
