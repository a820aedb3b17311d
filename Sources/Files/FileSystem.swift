#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A failed call of the file system.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    public let call: String
    public let path: String
    public let code: Int32

    public init(call: String, path: String, code: Int32) {
        self.call = call
        self.path = path
        self.code = code
    }

    /// Reads `errno`.
    public static func current(_ call: String, _ path: String) -> FileError { FileError(call: call, path: path, code: errno) }

    /// Whether the disk or a quota is full.
    public var isLackOfRoom: Bool { code == ENOSPC || code == EDQUOT }
    /// Whether a folder of the path is missing.
    public var isMissing: Bool { code == ENOENT }

    /// Such as `Permission denied`.
    public var reason: String { String(cString: strerror(code)) }
    public var description: String { "\(call) \(path): \(reason)" }
}

public enum FileSystem {
    /// Makes the names in a folder survive a power failure.
    ///
    /// - Parameter isLenient: whether a file system that cannot do this, or a folder that cannot be read, is accepted.
    public static func sync(folder path: String, isLenient: Bool = false) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0, isLenient, errno == EACCES { return }
        guard descriptor >= 0 else { throw FileError.current("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || isLenient && errno == EINVAL else { throw FileError.current("fsync", path) }
    }
}

/// The size and the free space of a file system in bytes.
public struct DiskRoom: Sendable, Hashable {
    /// For unprivileged processes.
    public var available: Int
    public var size: Int

    public init(available: Int, size: Int) {
        self.available = available
        self.size = size
    }

    /// Of the file system that contains `path`.
    public init(path: String) throws(FileError) {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { throw FileError.current("statvfs", path) }
        self.init(available: UInt64(facts.f_bavail), size: UInt64(facts.f_blocks), blockSize: UInt64(facts.f_frsize))
    }

    /// In blocks. Some file systems report 2^64-1 of them if they have no limit.
    public init(available: UInt64, size: UInt64, blockSize: UInt64) {
        func bytes(_ blocks: UInt64) -> Int {
            let (bytes, isOverflow) = blocks.multipliedReportingOverflow(by: blockSize)
            return Int(clamping: isOverflow ? .max : bytes)
        }
        self.init(available: bytes(available), size: bytes(size))
    }
}
