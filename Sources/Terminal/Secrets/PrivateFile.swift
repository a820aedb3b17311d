import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Files that only this user can read, from creation on.
package enum PrivateFile {
    /// Writes a temporary file and renames it, so that readers see either the old file or the new one.
    ///
    /// - Parameters:
    ///   - folder: the folder of the file; if missing, it is created for this user only.
    ///   - isDurable: whether the file survives a power failure, at the price of two writes to the disk.
    /// - Throws: `CommandError`.
    package static func replace(_ file: String, in folder: String, _ contents: [UInt8], isDurable: Bool = true) throws {
        let draft = "\(file).\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(.failed, "\(folder) cannot be created")
        }
        // Left behind by an earlier process with the same id.
        unlink(draft)
        defer { unlink(draft) }
        try create(draft, contents, isDurable: isDurable)
        guard rename(draft, file) == 0 else { throw failure(file) }
        if isDurable { try syncFolder(folder) }
    }

    /// Whether a file of this name is what a process left that was ended while it replaced `file`.
    package static func isDraft(_ name: String, of file: String) -> Bool {
        name.hasPrefix(file + ".") && Int32(name.dropFirst(file.count + 1)) != nil
    }

    /// Makes the names in a folder survive a power failure. Some file systems cannot do this, and some folders may not be read; the file is
    /// complete nevertheless.
    private static func syncFolder(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0, errno == EACCES { return }
        guard descriptor >= 0 else { throw failure(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(folder) }
    }

    /// - Throws: `CommandError`, also if the file already exists.
    package static func create(_ path: String, _ contents: [UInt8], isDurable: Bool = true) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        var rest = contents[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else {
                let failure = failure(path)
                close(descriptor)
                throw failure
            }
            rest = rest.dropFirst(max(count, 0))
        }
        // Only `fsync` or `close` may report a full disk.
        let isOnDisk = !isDurable || fsync(descriptor) == 0 || errno == EINVAL
        guard close(descriptor) == 0, isOnDisk else { throw failure(path) }
    }

    package static func failure(_ path: String) -> CommandError {
        CommandError(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
