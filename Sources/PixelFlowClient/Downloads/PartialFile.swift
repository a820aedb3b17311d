import Crypto
package import NIOCore
import NIOPosix
import WireFormats

#if canImport(Glibc)
package import Glibc
#elseif canImport(Musl)
package import Musl
#else
package import Darwin
#endif

/// A file that gets its final name only when it is complete. Until then, it is a draft in the same folder.
///
/// `@unchecked Sendable`: the writing task waits for each write before it starts the next one.
package final class PartialFile: @unchecked Sendable {
    private let path: String
    private let draft: String
    private let descriptor: Int32
    private var digest = SHA256()
    /// Bytes written so far.
    package private(set) var count: Int64 = 0

    /// - Parameter mode: the permissions of the file, before the umask is applied.
    /// - Throws: `ClientError.file`.
    package init(for path: String, mode: mode_t = 0o666) throws {
        self.path = path
        draft = "\(path).\(UInt64.random(in: 0 ... .max)).part"
        descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw ClientError.file(path) }
    }

    /// Removes the draft, unless it was committed.
    deinit {
        close(descriptor)
        discard()
    }

    /// Removes the draft. After `commit`, no file has this name any more.
    package func discard() { unlink(draft) }

    package func append(_ bytes: ByteBuffer) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var rest = bytes.readableBytesView[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                guard written >= 0 || errno == EINTR else { throw ClientError.file(path) }
                rest = rest.dropFirst(max(0, written))
            }
            bytes.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
            count += Int64(bytes.readableBytes)
        }
    }

    /// Discards everything written.
    package func restart() async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw ClientError.file(path) }
            digest = SHA256()
            count = 0
        }
    }

    /// Renames the draft to its final name, replacing any existing file.
    ///
    /// - Returns: the SHA-256 of the file in hexadecimal.
    /// - Throws: `ClientError.wrongChecksum`, in which case nothing has changed.
    @discardableResult
    package func commit(expecting sha256: String? = nil) async throws -> String {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            let found = digest.finalize().hexadecimal
            if let sha256, sha256 != found { throw ClientError.wrongChecksum(expected: sha256, found: found) }
            // Flush before renaming: after a power failure, either the old or the new file exists.
            guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw ClientError.file(path) }
            return found
        }
    }
}
