import Files
import Foundation

/// An exclusive lock on a file, which is created if it does not exist. The operating system releases it, however the process ends.
final class FileLock: Sendable {
    struct HeldError: Error {}

    private let descriptor: Int32

    /// - Throws: `HeldError` if another process, or another instance, holds the lock; `FileError`.
    init(_ path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // All properties are initialized, so `deinit` runs and closes the file.
        guard descriptor >= 0 else { throw FileError.current("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw FileError.current("flock", path) }
            throw HeldError()
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
