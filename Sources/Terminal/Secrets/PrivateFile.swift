import Files
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
        try make(folder)
        // Left behind by an earlier process with the same id.
        unlink(draft)
        defer { unlink(draft) }
        try written(file) {
            let new = try DraftFile(draft, mode: 0o600)
            try new.append(contents)
            try new.complete(isDurable: isDurable, isLenient: true)
            try new.rename(to: file)
        }
        if isDurable { try written(folder) { try FileSystem.sync(folder: folder, isLenient: true) } }
    }

    private static func written(_ path: String, _ body: () throws -> Void) throws {
        do { try body() } catch let error as FileError { throw failure(path, error.reason) }
    }

    /// Reads a file.
    ///
    /// - Returns: nil if there is none.
    /// - Throws: `CommandError` if it exists and cannot be read.
    package static func read(_ file: String) throws -> [UInt8]? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT || errno == ENOTDIR { return nil }
        guard descriptor >= 0 else { throw unreadable(file) }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        while true {
            let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
                #if canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
                #else
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
                #endif
                if count > 0 { contents += buffer[..<count] }
                return count
            }
            if count == 0 { return contents }
            guard count > 0 || errno == EINTR else { throw unreadable(file) }
        }
    }

    /// Reads a file, changes its contents and replaces it, while other processes that do the same wait.
    ///
    /// - Parameter change: gets nil if there is no file.
    /// - Throws: `CommandError`, also if the file exists and cannot be read; then nothing has changed.
    package static func update<Result>(
        _ file: String, in folder: String, _ change: (_ contents: [UInt8]?) throws -> (contents: [UInt8], result: Result)
    ) throws -> Result {
        try make(folder)
        // A file of its own, because the other one is replaced.
        let lock = "\(file).lock"
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(lock) }
        // Also releases the lock.
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            // Some file systems have no locks; without one, the last writer wins.
            if errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS { break }
            guard errno == EINTR else { throw failure(lock) }
        }
        let (contents, result) = try change(try read(file))
        try replace(file, in: folder, contents)
        return result
    }

    private static func make(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(.failed, "\(folder) cannot be created")
        }
    }

    /// The error for a file whose contents are not those that this release writes.
    package static func invalid(_ file: String) -> CommandError {
        CommandError(
            .failed, "\(file) is damaged, or was written by a newer release", hint: "repair the file, or remove it and log in again")
    }

    private static func unreadable(_ path: String) -> CommandError {
        CommandError(.failed, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }

    /// Whether a file of this name is what a process left that was ended while it replaced `file`.
    package static func isDraft(_ name: String, of file: String) -> Bool {
        name.hasPrefix(file + ".") && Int32(name.dropFirst(file.count + 1)) != nil
    }

    /// - Throws: `CommandError`, also if the file already exists.
    package static func create(_ path: String, _ contents: [UInt8]) throws {
        try written(path) {
            let file = try DraftFile(path, mode: 0o600)
            try file.append(contents)
            try file.complete(isLenient: true)
        }
    }

    private static func failure(_ path: String, _ reason: String) -> CommandError {
        CommandError(.failed, "\(path) cannot be written: \(reason)")
    }

    package static func failure(_ path: String) -> CommandError { failure(path, String(cString: strerror(errno))) }
}
