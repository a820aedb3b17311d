import Foundation
import NIOCore

/// A file system error, with the failed call.
struct FileError: Error, CustomStringConvertible {
    let call: String
    let path: String
    let code: Int32

    /// Reads `errno`.
    static func current(_ call: String, _ path: String) -> FileError { FileError(call: call, path: path, code: errno) }

    /// Whether the disk or a quota is full.
    var isLackOfRoom: Bool { code == ENOSPC || code == EDQUOT }

    var description: String { "\(call) \(path): \(String(cString: strerror(code)))" }
}

/// A file being written under a temporary name. Removed unless it is committed.
final class PartialFile: Sendable {
    private let path: String
    private let descriptor: Int32

    init(in folder: String) throws {
        path = folder + "/" + UUID().uuidString
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.current("open", path) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        discard()
    }

    /// Removes the file. After `commit`, no file has the temporary name any more.
    func discard() { unlink(path) }

    func append(_ bytes: ByteBuffer) throws {
        try bytes.withUnsafeReadableBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 {
                    guard errno == EINTR else { throw FileError.current("write", path) }
                } else {
                    rest = rest.dropFirst(written)
                }
            }
        }
    }

    /// Syncs the file and renames it within an existing folder.
    func commit(as target: String, in folder: String) throws {
        guard fsync(descriptor) == 0 else { throw FileError.current("fsync", path) }
        guard rename(path, target) == 0 else { throw FileError.current("rename", target) }
        try syncFolder(folder)
    }

    /// Syncs the file and renames it to its final name, which then survives a crash of the machine.
    func commit(to place: BlobPath, below root: String) throws {
        guard fsync(descriptor) == 0 else { throw FileError.current("fsync", path) }
        let folder = root + "/" + place.folder
        let target = root + "/" + place.relative
        if rename(path, target) != 0 {
            guard errno == ENOENT else { throw FileError.current("rename", target) }
            try makeFolders(place.folder, below: root)
            guard rename(path, target) == 0 else { throw FileError.current("rename", target) }
        }
        try syncFolder(folder)
    }

    /// Creates `tenant/task` and syncs the parent of each new folder.
    private func makeFolders(_ relative: String, below root: String) throws {
        var parent = root
        for part in relative.split(separator: "/") {
            let folder = parent + "/" + part
            if mkdir(folder, 0o700) == 0 {
                try syncFolder(parent)
            } else if errno != EEXIST {
                throw FileError.current("mkdir", folder)
            }
            parent = folder
        }
    }

    private func syncFolder(_ path: String) throws {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw FileError.current("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw FileError.current("fsync", path) }
    }
}

/// A file opened for reading, which stays readable even if it is removed.
final class ReadableFile: Sendable {
    let size: Int
    private let descriptor: Int32
    private let path: String

    /// Nil if there is no such file.
    init?(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else {
            if errno == ENOENT {
                size = 0
                return nil
            }
            throw FileError.current("open", path)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            // `deinit` closes the descriptor: it also runs after a failed initializer.
            size = 0
            return nil
        }
        size = Int(status.st_size)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// - Throws: also if the file is shorter than `range`.
    func bytes(_ range: Range<Int>) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.upperBound - position) { space in
                let read = pread(descriptor, space.baseAddress, range.upperBound - position, off_t(position))
                if read < 0, errno != EINTR { throw FileError.current("read", path) }
                if read == 0 { throw FileError(call: "read", path: path, code: EIO) }
                return max(read, 0)
            }
            position += count
        }
        return buffer
    }
}
