import Files
import Foundation
import NIOCore

/// A file being written under a temporary name. Removed unless it is committed.
final class PartialFile: Sendable {
    private let draft: DraftFile

    init(in folder: String) throws { draft = try DraftFile(folder + "/" + UUID().uuidString, mode: 0o600) }

    /// Removes the file. After `commit`, no file has the temporary name any more.
    func discard() { draft.discard() }

    func append(_ bytes: ByteBuffer) throws { try bytes.withUnsafeReadableBytes { try draft.append($0) } }

    /// Syncs the file and renames it within an existing folder.
    func commit(as target: String, in folder: String) throws {
        try commit {
            try draft.rename(to: target)
            try FileSystem.sync(folder: folder)
        }
    }

    /// Syncs the file and renames it to its final name, which then survives a crash of the machine.
    func commit(to path: BlobPath, below root: String) throws {
        let target = root + "/" + path.relative
        try commit {
            do throws(FileError) {
                try draft.rename(to: target)
            } catch {
                guard error.isMissing else { throw error }
                try makeFolders(path.folder, below: root)
                try draft.rename(to: target)
            }
            try FileSystem.sync(folder: root + "/" + path.folder)
        }
    }

    private func commit(_ rename: () throws -> Void) throws {
        try draft.complete()
        do {
            try rename()
        } catch {
            discard()
            throw error
        }
    }

    /// Creates `tenant/task` and syncs the parent of each new folder.
    private func makeFolders(_ relative: String, below root: String) throws {
        var parent = root
        for part in relative.split(separator: "/") {
            let folder = parent + "/" + part
            if mkdir(folder, 0o700) == 0 {
                try FileSystem.sync(folder: parent)
            } else if errno != EEXIST {
                throw FileError.current("mkdir", folder)
            }
            parent = folder
        }
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
